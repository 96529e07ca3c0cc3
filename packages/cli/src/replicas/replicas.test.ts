import { expect, it, onTestFinished, vi } from 'vitest';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { claimPorts } from './claimed-ports.ts';
import { LineSplitter } from './output/line-splitter.ts';
import { withoutMachineWarning } from './output/machine-warning.ts';
import { startReplicas } from './start-replicas.ts';
import { Restarts } from './restarts.ts';

it('restarts at once, then ever more slowly, and at once again after a good run', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const restarts = new Restarts();
  const delayMs = (ranForMs: number): number => {
    const diedAtMs = Date.now();
    restarts.plan(ranForMs, () => {});
    vi.runOnlyPendingTimers();
    return Date.now() - diedAtMs;
  };
  expect(Array.from({ length: 8 }, () => delayMs(100))).toEqual([
    0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect([delayMs(60_000), delayMs(100)]).toEqual([0, 1_000]);
  restarts.forget();
  expect([delayMs(100), delayMs(100)]).toEqual([0, 1_000]);
  restarts.plan(100, () => expect.unreachable('it was cancelled'));
  restarts.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it('splits bytes into lines even if chunks end within a character', () => {
  const splitter = new LineSplitter();
  const bytes = Buffer.from('eins\r\nzwölf\n\nrest');
  const lines = [...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])));
  expect([...lines, ...splitter.end()]).toEqual(['eins', 'zwölf', '', 'rest']);
  expect(splitter.end()).toEqual([]);
});

it('keeps no more than a line of what never ends', () => {
  const splitter = new LineSplitter();
  const lines = Array.from({ length: 100 }, () => splitter.push(Buffer.alloc(65_536, 'x'))).flat();
  expect(lines.join('') + splitter.end().join('')).toHaveLength(100 * 65_536);
  expect(Math.max(...lines.map((line) => line.length))).toBe(16_384);
});

it('leaves out the warning that the machine has another name than the pod, and nothing else', () => {
  const filter = withoutMachineWarning();
  const text = 'the hostname "vm" differs from $MY_POD_NAME "pod-1", so it does not count as a name of this pod.';
  const warning = `(node:7) ClusterLeaderWarning: Leader election: ${text}`;
  const hint = '(Use `node --trace-warnings ...` to show where the warning was created)';
  const other = '(node:7) ClusterLeaderWarning: The leader is not known: refused';
  expect(filter([`WARN [ClusterLeader] ${text}`, JSON.stringify({ msg: text })])).toEqual([]);
  expect(filter(['a', warning])).toEqual(['a']);
  expect(filter([hint, 'b', other, hint])).toEqual(['b', other, hint]);
});

it.each([
  { options: { command: ['true'], replicas: 0 }, says: 'replicas is 0: it must be a whole number from 1' },
  { options: { command: ['true'], replicas: 1.5 }, says: 'replicas is 1.5' },
  { options: { command: [] }, says: 'command is []: its first word must be a program' },
  { options: { command: [''] }, says: 'command is [""]' },
  { options: { command: ['true'], leaseDurationMs: -1 }, says: 'leaseDurationMs is -1' },
])('refuses to start $options', async ({ options, says }) => {
  await expect(startReplicas(options)).rejects.toThrow(says);
});

it('ends, pauses, heals and restarts a replica in any order', async () => {
  const set = await startReplicas({ command: ['sleep', '1000'], replicas: 1, leaseDurationMs: 600 });
  const [replica] = set.replicas;
  const { pid } = replica ?? {};
  await Promise.all([replica?.kill(), replica?.pause(), replica?.kill(), replica?.heal()]);
  expect([replica?.state, replica?.candidate.state]).toEqual(['dead', 'ended']);
  await Promise.all([replica?.restart(), replica?.pause()]);
  expect([replica?.state, replica?.candidate.state]).toEqual(['paused', 'paused']);
  expect(replica?.pid).not.toBe(pid);
  await replica?.heal();
  expect([replica?.state, replica?.candidate.state]).toEqual(['running', 'running']);
  expect(() => set.replica('pod-2')).toThrow('no replica is called "pod-2"');
  await set.close();
  expect([replica?.state, replica?.candidate.state]).toEqual(['dead', 'ended']);
  await set.close();
});

it('claims ports that are free for an app, and none of them twice', async () => {
  const claims = await Promise.all([claimPorts(3), claimPorts(3)]);
  onTestFinished(() => claims.forEach(({ release }) => release()));
  const ports = claims.flatMap((claim) => claim.ports);
  expect(new Set(ports).size).toBe(6);
  for (const port of ports) {
    const app = createServer().listen(port);
    await once(app, 'listening');
    app.close();
  }
});
