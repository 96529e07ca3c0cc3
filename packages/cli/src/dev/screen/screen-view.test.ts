import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { CLI } from '../../fixtures/cli.ts';
import { descendants, isAlive, survivors } from '../../fixtures/processes.ts';
import { hasTerminal, Terminal } from '../../fixtures/terminal.ts';

// Every test starts several processes: with more tests at a time, a small machine starves their sidecars.
vi.setConfig({ testTimeout: 60_000, maxConcurrency: 2 });

const app = fileURLToPath(new URL('../../fixtures/app.fixture.ts', import.meta.url));
const node = [process.execPath, '--disable-warning=ExperimentalWarning', app];

function rowOf(screen: string, name: string): string {
  return screen.split('\n').find((line) => line.includes(`${name} :`)) ?? '';
}

describe.skipIf(!hasTerminal()).concurrent('cluster-leader dev, on a terminal,', () => {
  it('shows which replica leads, performs key presses, adapts to the size and restores the terminal', async (context) => {
    const terminal = await Terminal.open(context, [...CLI, 'dev', '--lease', '2s', '--', ...node]);
    const first = await terminal.shows(/pod-3 │ up/);
    expect(rowOf(first, 'pod-1')).toMatch(/^> 1 pod-1 :\d+ leads .*1/);
    expect(rowOf(first, 'pod-2')).toMatch(/^ {2}2 pod-2 :\d+ follows/);
    expect(first).toContain('pod-1: k kill  r restart  p pause  c cut off  h heal  q quit  1-3 choose');
    expect(await terminal.flag('alternate_on')).toBe('1');

    // Keys that send the letter of a command after an escape must not perform it.
    await terminal.press('F5', 'DC', 'M-k', '2');
    const unchanged = await terminal.shows(/> 2 pod-2 :/);
    for (const name of ['pod-1', 'pod-2', 'pod-3']) expect(rowOf(unchanged, name)).toMatch(/leads|follows/);
    await terminal.press('1');
    await terminal.shows(/> 1 pod-1 :/);

    await terminal.press('k');
    const second = await terminal.shows(/pod-. leads, term 2/);
    expect(rowOf(second, 'pod-1')).toContain('dead (SIGKILL)');
    const next = /(pod-(.)) leads, term 2/.exec(second);
    const [, leader = '', digit = ''] = next ?? [];
    expect(rowOf(await terminal.shows('dev · term 2 ·'), leader)).toMatch(/leads .*2/);

    await terminal.press('1', 'r');
    await terminal.shows(/> 1 pod-1 :\d+ follows/);

    await terminal.press(digit, 'p');
    await terminal.shows(/leads, term 3/);
    expect(rowOf(await terminal.shows('▒'), leader)).toContain('paused');
    await terminal.press('h');
    await terminal.shows(`${leader} is resumed`);

    await terminal.press('c');
    await terminal.shows(new RegExp(`${leader} :.*, cut off`));
    await terminal.press('h');
    await terminal.shows(`${leader} is connected again`);

    await terminal.resize(50, 12);
    const small = await terminal.shows(/h heal {2}q quit {2}1-3 choose\s*\n/);
    expect(small.split('\n').every((line) => line.length <= 50)).toBe(true);
    expect(rowOf(small, 'pod-3')).not.toBe('');

    const pids = descendants(await terminal.shellPid());
    expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(10);
    await terminal.press('q');
    await terminal.shows('exit code 0');
    expect([await terminal.flag('alternate_on'), await terminal.flag('cursor_flag')]).toEqual(['0', '1']);
    expect(await survivors(pids)).toEqual([]);
  });

  it('ends everything on Ctrl-C, and prints the last output again', async (context) => {
    const terminal = await Terminal.open(context, [...CLI, 'dev', '--replicas', '1', '--', ...node]);
    await terminal.shows('pod-1 │ up');
    const pids = descendants(await terminal.shellPid());
    await terminal.press('C-c');
    expect(await terminal.shows('exit code 0')).toContain('pod-1 | orderly');
    expect(await survivors(pids)).toEqual([]);
  });

  it.for([
    { what: 'its terminal is closed', end: (terminal: Terminal) => terminal.close() },
    {
      what: 'it is killed with SIGKILL',
      end: async (terminal: Terminal) => {
        const [dev] = descendants(await terminal.shellPid());
        process.kill(dev ?? 0, 'SIGKILL');
        await terminal.shows('exit code 137');
      },
    },
  ])('leaves no process behind when $what', async ({ end }, context) => {
    const command = [...CLI, 'dev', '--replicas', '1', '--grace', '200ms', '--', ...node, 'deaf'];
    const terminal = await Terminal.open(context, command);
    await terminal.shows('pod-1 │ deaf');
    const pids = descendants(await terminal.shellPid());
    expect(pids).toHaveLength(4); // dev, the sidecar, the supervisor and the app
    await end(terminal);
    expect(await survivors(pids)).toEqual([]);
  });

  it('prints lines on a terminal without cursor control', async (context) => {
    const command = [...CLI, 'dev', '--replicas', '1', '--', ...node];
    const terminal = await Terminal.open(context, ['env', 'TERM=dumb', ...command]);
    await terminal.shows('pod-1 | up');
    expect(await terminal.flag('alternate_on')).toBe('0');
    await terminal.press('C-c');
    expect(await terminal.shows('exit code 0')).toContain('pod-1 | orderly');
  });

  it('shows a command of several lines on one line', async (context) => {
    const terminal = await Terminal.open(context, [...CLI, 'dev', '--replicas', '1', '--', 'echo one\necho\ttwo; cat']);
    expect(await terminal.shows('pod-1 │ two')).toMatch(/· echo one {2}echo {2}two; cat\n> 1 pod-1/);
  });

  it('shows the end of large output, without its control characters', async (context) => {
    const line = `printf 'before\\033[2J\\033[Hafter\\n'; ${node.join(' ')} flood; echo over`;
    const terminal = await Terminal.open(context, [...CLI, 'dev', '--replicas', '1', '--', line]);
    const screen = await terminal.shows('pod-1 │ over');
    expect(rowOf(screen, 'pod-1')).toMatch(/^> 1 pod-1/);
    expect(screen).toContain(`pod-1 │ ${'x'.repeat(72)}\n`);
  });
});
