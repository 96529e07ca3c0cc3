import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runCli } from '../fixtures/cli.ts';
import { commandHelp, help } from './help.ts';
import { oldNode } from './node-version.ts';

const COMMANDS = ['dev', 'status', 'watch', 'exec', 'doctor', 'runs'] as const;

it.each([['help', help()], ...COMMANDS.map((name) => [name, commandHelp(name)])])(
  'fits 80 columns and shows one example: the help of %s',
  (_, text) => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text.match(/^Example: /gm)).toHaveLength(1);
  },
);

it.each([{ args: [] }, { args: ['help'] }, { args: ['--help'] }, { args: ['-h'] }])(
  'lists every command on stdout and exits with 0: $args',
  async ({ args }) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: cluster-leader <command>/);
    const listed = stdout.match(/(?<=^ {2})[a-z]+(?= {3,}[a-z])/gm);
    expect(listed).toEqual([...COMMANDS, 'help']);
  },
);

it.each(
  COMMANDS.flatMap((name) => [
    { name, args: ['help', name] },
    { name, args: [name, '--help'] },
    { name, args: [name, '-h', '--', 'node'] },
  ]),
)('explains the command on stdout and exits with 0: $args', async ({ name, args }) => {
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.startsWith(`Usage: cluster-leader ${name} `)).toBe(true);
});

it('does not read --help after --', async () => {
  const { code, stderr } = await runCli(['status', '--', '--help']);
  expect(code).toBe(64);
  expect(stderr).toContain('-- is not allowed');
});

it.each(['--version', '-v'])('prints the version of its package with %s', async (option) => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const { code, stdout } = await runCli([option]);
  expect(code).toBe(0);
  expect(manifest).toMatchObject({ version: stdout.trim() });
});

it('names the version that it needs on an older Node.js', () => {
  expect(oldNode('20.20.2')).toBe('this command needs Node.js 22.19 or newer, but runs on 20.20.2');
  expect(['22.18.9', '22.19.0', '24.0.0', '100.1.2'].map(oldNode).map((problem) => problem === undefined)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});
