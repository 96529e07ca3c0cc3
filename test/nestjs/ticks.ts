import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startElection, type Candidate } from '@cluster-leader/testing';

const LEASE_MS = 3_000;
const TICKS = 60;
/** The steps of the run, each due after this many ticks. */
const PLAN = [
  { after: 15, step: 'kill' },
  { after: 28, step: 'restart' },
  { after: 38, step: 'kill' },
] as const;

/**
 * Runs 60 ticks in three replicas beside three sidecars, each in its own process, and kills the leader twice.
 *
 * `program` is the arguments for Node.js. Resolves with a table of the ticks; rejects if one ran twice.
 */
export async function runTicks(program: readonly string[], cwd: string): Promise<string> {
  const election = await startElection({ candidates: 3, leaseDurationMs: LEASE_MS, processes: true });
  const replicas = new Map<string, ChildProcess>();
  const ranOn = new Map<number, string[]>();
  const events = new Map<number, string>();
  const finished = Promise.withResolvers<void>();
  const plan = [...PLAN];
  let first = 0;
  let leader = '';

  function start({ name, env }: Candidate): void {
    const child = spawn(process.execPath, ['--disable-warning=ClusterLeaderWarning', ...program], {
      cwd,
      env: { ...process.env, ...env, CLUSTER_LEADER_LEASE: `${LEASE_MS}ms` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    replicas.set(name, child);
    createInterface(child.stdout).on('line', (line) => record(name, line));
  }

  function record(name: string, line: string): void {
    const tick = Number(/^ran (\d+)$/.exec(line)?.[1]);
    if (!Number.isSafeInteger(tick)) return;
    first ||= tick;
    leader = name;
    ranOn.set(tick, [...(ranOn.get(tick) ?? []), name]);
    if (tick - first >= TICKS - 1) finished.resolve();
  }

  async function kill(tick: number): Promise<void> {
    const name = leader;
    events.set(tick, `${name} killed`);
    replicas.get(name)?.kill('SIGKILL');
    await election.candidate(name).kill();
  }

  async function restart(tick: number): Promise<void> {
    const ended = election.candidates.find(({ state }) => state === 'ended');
    if (ended === undefined) return;
    events.set(tick, `${ended.name} restarted`);
    await ended.restart();
    start(ended);
  }

  const seconds = setInterval(() => {
    if (first === 0) return;
    const tick = Math.floor(Date.now() / 1_000);
    const next = plan[0];
    if (next === undefined || tick - first < next.after) return;
    plan.shift();
    void (next.step === 'kill' ? kill(tick) : restart(tick));
  }, 1_000);
  const timeout = setTimeout(
    () => finished.reject(new Error(`The replicas did not reach ${TICKS} ticks.`)),
    (TICKS + 60) * 1_000,
  );
  try {
    for (const candidate of election.candidates) start(candidate);
    await finished.promise;
  } finally {
    clearInterval(seconds);
    clearTimeout(timeout);
    for (const child of replicas.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await election.close();
  }

  const ticks = Array.from({ length: TICKS }, (_, index) => first + index);
  const rows = ticks.map((tick, index) => {
    const names = (ranOn.get(tick) ?? ['-']).join(' and ');
    return `${String(index + 1).padStart(4)}  ${names.padEnd(16)}${events.get(tick) ?? ''}`.trimEnd();
  });
  const missed = ticks.filter((tick) => !ranOn.has(tick)).length;
  const twice = ticks.filter((tick) => (ranOn.get(tick)?.length ?? 0) > 1).length;
  const summary = `${TICKS} ticks, ${TICKS - missed} ran, ${twice} twice, ${missed} without a leader`;
  const table = ['tick  ran on', ...rows, summary].join('\n');
  assert.equal(twice, 0, table);
  assert.equal(events.size, PLAN.length, table);
  assert.ok(missed <= 30 && new Set([...ranOn.values()].flat()).size >= 2, table);
  return table;
}
