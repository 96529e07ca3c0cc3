import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import type { ElectionOptions } from '../election/election-options.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { ask, exchange, watchConnection } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const leaseDurationMs = 600;
const entry = JSON.stringify(new URL('../index.ts', import.meta.url).href);

async function start({ onTestFinished }: TestContext, options: ElectionOptions): Promise<Election> {
  const election = await startElection({ processes: true, leaseDurationMs, ...options });
  onTestFinished(() => election.close());
  return election;
}

function isAlive(pid: number | undefined): boolean {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
}

function runProgram(text: string): ReturnType<typeof spawn> {
  const program = `import { startElection } from ${entry};\n${text}`;
  const flags = [
    '--disable-warning=ExperimentalWarning',
    '--conditions=@cluster-leader/source',
    '--input-type=module',
    '-e',
    program,
  ];
  return spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
}

test.concurrent('a sidecar in its own process is stopped, continued and killed by real signals', async (context) => {
  const election = await start(context, { candidates: 2 });
  const first = election.candidate('pod-1');
  const second = election.candidate('pod-2');
  expect(new Set([process.pid, first.pid, second.pid]).size).toBe(3);

  // A leader that is stopped during a try would correct itself with that try.
  await nextRenewal(election);
  await first.pause();
  expect(await exchange(first.url, 100)).toMatchObject({ text: '', endedBy: 'silence' });
  await election.until(({ holder }) => holder === 'pod-2');
  const asked = ask(first.url);
  await first.resume();
  expect(await asked).toEqual({ name: 'pod-1' });
  await election.until(() => first.claim === 'pod-2');
  expect(await ask(first.url)).toEqual({ name: 'pod-2' });

  const { pid, url } = second;
  await second.kill();
  expect(isAlive(pid)).toBe(false);
  expect(await exchange(url)).toMatchObject({ endedBy: 'refused' });
  await election.until(({ holder }) => holder === 'pod-1');

  await second.restart();
  expect(second.url).toBe(url);
  expect(second.pid).not.toBe(pid);
  await election.until(() => second.claim === 'pod-1');
});

test.concurrent('a sidecar whose process is killed from outside counts as ended', async (context) => {
  const election = await start(context, { candidates: 1 });
  const only = election.candidate('pod-1');
  process.kill(only.pid ?? 0, 'SIGKILL');
  await election.until(() => only.state === 'ended');
  expect(only.claim).toBeUndefined();
  await expect(only.pause()).rejects.toThrow(/pod-1 is gone/);
});

test.concurrent('a sidecar keeps running after Ctrl-C in the terminal, until its parent ends it', async (context) => {
  const election = await start(context, { candidates: 1 });
  const only = election.candidate('pod-1');
  process.kill(only.pid ?? 0, 'SIGINT');
  expect(await ask(only.url)).toEqual({ name: 'pod-1' });
  expect(only.state).toBe('running');
});

test.concurrent('requests and streams are counted across processes', async (context) => {
  const election = await start(context, { candidates: 1, dialect: 'nais' });
  const only = election.candidate('pod-1');
  await ask(only.url);
  const hangUp = new AbortController();
  await fetch(only.eventsUrl ?? '', { signal: hangUp.signal });
  await election.until(() => only.requests === 2 && only.openStreams === 1);
  hangUp.abort();
  await election.until(() => only.openStreams === 0);
  expect(only.requests).toBe(2);
});

test.concurrent('restart() rejects if another program has taken the port', async (context) => {
  const election = await start(context, { candidates: ['a', 'b'] });
  const a = election.candidate('a');
  await a.kill();
  const thief = spawn(
    process.execPath,
    ['-e', `require('net').createServer().listen(${new URL(a.url).port}, '127.0.0.1', () => console.log('listening'))`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(thief.stdout, 'data');
  await expect(a.restart()).rejects.toThrow(/EADDRINUSE/);
  expect(a.state).toBe('ended');
  thief.kill();
  await once(thief, 'exit');
});

test.concurrent('no process outlives close(), even if it is paused', async (context) => {
  const election = await start(context, {});
  const pids = election.candidates.map(({ pid }) => pid);
  await election.candidates[1]?.pause();
  expect(pids.every(isAlive)).toBe(true);
  await election.close();
  expect(pids.filter(isAlive)).toEqual([]);
});

test.concurrent.each([
  ['is killed', "process.kill(process.pid, 'SIGKILL');"],
  ['exits without closing the election', 'process.exit();'],
])('no sidecar outlives a parent that %s, even if it is paused', async (_, end) => {
  const parent = runProgram(`
    const election = await startElection({ processes: true, leaseDurationMs: ${leaseDurationMs}, candidates: 2 });
    const [running, paused] = election.candidates;
    await paused.pause();
    console.log(running.url, paused.url);
    process.stdin.once('data', () => { ${end} });`);
  const [line] = await once(parent.stdout ?? parent, 'data');
  const connections = await Promise.all(String(line).trim().split(' ').map(watchConnection));
  parent.stdin?.write('now');
  await expect(Promise.all(connections.map(({ ended }) => ended))).resolves.toHaveLength(2);
});

test.concurrent('a sidecar that was stopped from outside ends once it continues, if its parent has ended', async () => {
  const parent = runProgram(`
    const election = await startElection({ processes: true, leaseDurationMs: ${leaseDurationMs}, candidates: 2 });
    const [running, stopped] = election.candidates;
    console.log(running.url, stopped.url, stopped.pid);`);
  const [line] = await once(parent.stdout ?? parent, 'data');
  const [runningUrl = '', stoppedUrl = '', pid] = String(line).split(' ');
  const running = await watchConnection(runningUrl);
  const stopped = await watchConnection(stoppedUrl);
  process.kill(Number(pid), 'SIGSTOP');
  parent.kill('SIGKILL');
  await running.ended;
  // A control: a stopped process cannot notice, and only pause() starts a guard.
  expect(isAlive(Number(pid))).toBe(true);
  process.kill(Number(pid), 'SIGCONT');
  await stopped.ended;
});

test.concurrent.each([false, true])(
  'a program ends by itself once it has closed its election, with processes: %s',
  async (processes) => {
    const program = runProgram(`
    const election = await startElection({ processes: ${processes}, leaseDurationMs: ${leaseDurationMs} });
    await election.candidates[0].pause();
    await election.candidates[1].cutOff('black-hole');
    await fetch(election.candidates[2].url);
    await election.close();`);
    const [code] = await once(program, 'exit');
    expect(code).toBe(0);
  },
);
