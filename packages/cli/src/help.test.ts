import { expect, it } from 'vitest';
import { runCli } from './fixtures/cli.ts';
import { commandHelp, help } from './help.ts';
import { oldNode } from './node-version.ts';

const COMMANDS = ['dev', 'status', 'watch', 'exec', 'doctor'] as const;

it.each([['help', help()], ...COMMANDS.map((name) => [name, commandHelp(name)])])(
  'the help of %s fits 80 columns and shows one example',
  (_, text) => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text.match(/^Example: /gm)).toHaveLength(1);
  },
);

const ANSWERS = [
  { args: [], text: help() },
  { args: ['help'], text: help() },
  { args: ['--help'], text: help() },
  { args: ['help', 'exec'], text: commandHelp('exec') },
  { args: ['dev', '--help', '--', 'node'], text: commandHelp('dev') },
  { args: ['doctor', '-h'], text: commandHelp('doctor') },
  { args: ['--version'], text: '0.1.0' },
];

it('answers on stdout, with exit code 0, however it is asked for help', async () => {
  for (const { args, text } of ANSWERS) {
    expect(await runCli(args)).toEqual({ code: 0, stdout: `${text}\n`, stderr: '' });
  }
});

it('says on an old Node.js what it needs', () => {
  expect(oldNode('20.20.2')).toBe('this needs Node.js 22.19 or newer, and runs on 20.20.2');
  expect(['22.18.9', '22.19.0', '24.0.0', '100.1.2'].map(oldNode).map((problem) => problem === undefined)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});
