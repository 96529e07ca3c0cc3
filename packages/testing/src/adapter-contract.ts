import assert from 'node:assert/strict';
import {
  ClusterLeaderService,
  currentTerm,
  type ClusterLeader,
  type LeadershipEvents,
  type UnknownReason,
} from '@cluster-leader/core';
import { startElection } from './election.ts';
import { fakeLeader } from './fake-leader.ts';

/** An adapter with its jobs, in the hands of the contract. */
export interface MountedAdapter {
  /** Lets the host start every job once, and resolves when each has ended or was skipped. */
  tick(): Promise<void>;
  /** Ends the jobs, and whatever the adapter and its host hold. */
  close(): Promise<void>;
}

/** Makes `jobs` jobs in the host, each of which calls `work`, gated by `leader`. */
export type MountAdapter = (
  leader: ClusterLeader,
  work: () => unknown,
  jobs: number,
) => MountedAdapter | Promise<MountedAdapter>;

/** One promise of the contract; `run` rejects where it is broken. */
export interface ContractCase {
  readonly title: string;
  run(): Promise<void>;
}

const JOBS = 3;
const BURST = 20;
const UNKNOWN: readonly UnknownReason[] = [
  'not-asked',
  'no-leader',
  'unreachable',
  'invalid-answer',
  'stale',
  'settling',
];

/**
 * Lists what every adapter must do, for any test runner.
 *
 * @example
 * for (const { title, run } of adapterContract(mount)) it(title, run);
 */
export function adapterContract(mount: MountAdapter): readonly ContractCase[] {
  return [
    { title: 'runs each job on the leader, within its term', run: () => runsOnTheLeader(mount) },
    { title: 'skips each job on a follower, and says which and why', run: () => skips(mount, 'follower') },
    ...UNKNOWN.map((reason) => ({
      title: `skips each job while it is unknown who leads (${reason})`,
      run: () => skips(mount, reason),
    })),
    { title: 'aborts the signal of a running job when leadership is lost', run: () => tellsOfLoss(mount) },
    { title: 'runs again when leadership comes back, in a new term', run: () => comesBack(mount) },
    { title: 'asks the sidecar at most once for a burst of jobs', run: () => asksOnce(mount) },
    { title: 'runs nothing once the leader is closed', run: () => runsNothingAfterClose(mount) },
  ];
}

async function using(
  adapter: MountedAdapter | Promise<MountedAdapter>,
  use: (adapter: MountedAdapter) => Promise<void>,
): Promise<void> {
  const mounted = await adapter;
  try {
    await use(mounted);
  } finally {
    await mounted.close();
  }
}

async function runsOnTheLeader(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const terms: (number | undefined)[] = [];
  leader.elect();
  await using(
    mount(leader, () => terms.push(currentTerm().number), JOBS),
    (adapter) => adapter.tick(),
  );
  assert.deepEqual(
    terms,
    Array.from({ length: JOBS }, () => 1),
  );
}

async function skips(mount: MountAdapter, reason: 'follower' | UnknownReason): Promise<void> {
  const leader = fakeLeader();
  const skipped: LeadershipEvents['skipped'][] = [];
  let runs = 0;
  leader.demote(reason);
  leader.on('skipped', (event) => skipped.push(event));
  await using(
    mount(leader, () => (runs += 1), JOBS),
    (adapter) => adapter.tick(),
  );
  assert.equal(runs, 0);
  assert.deepEqual(
    skipped.map((event) => event.reason),
    Array.from({ length: JOBS }, () => reason),
  );
  assert.ok(
    skipped.every(({ name }) => name),
    'each skip names its job',
  );
}

async function tellsOfLoss(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const started = Promise.withResolvers<void>();
  leader.elect();
  const work = async (): Promise<void> => {
    const { signal } = currentTerm();
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    assert.throws(() => currentTerm().assertLeader(), { code: 'ERR_NOT_LEADER' });
  };
  await using(mount(leader, work, 1), async (adapter) => {
    const ticking = adapter.tick();
    await started.promise;
    leader.demote();
    await ticking;
  });
}

async function comesBack(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const terms: (number | undefined)[] = [];
  await using(
    mount(leader, () => terms.push(currentTerm().number), 1),
    async (adapter) => {
      leader.elect();
      await adapter.tick();
      leader.demote();
      await adapter.tick();
      leader.elect();
      await adapter.tick();
    },
  );
  assert.deepEqual(terms, [1, 2]);
}

async function asksOnce(mount: MountAdapter): Promise<void> {
  const election = await startElection({ candidates: 1 });
  const [candidate] = election.candidates;
  assert.ok(candidate !== undefined);
  const leader = new ClusterLeaderService({
    url: candidate.url,
    identity: candidate.name,
    leaseDurationMs: 600_000,
    maxAgeMs: 300_000,
    pollIntervalMs: 100_000, // so that no poll comes between
  });
  try {
    assert.equal(await leader.start(), 'leader');
    let runs = 0;
    await using(
      mount(leader, () => (runs += 1), BURST),
      async (adapter) => {
        const before = candidate.requests;
        await adapter.tick();
        assert.equal(runs, BURST);
        assert.ok(candidate.requests - before <= 1, `${candidate.requests - before} requests for ${BURST} jobs`);
      },
    );
  } finally {
    await leader.close();
    await election.close();
  }
}

async function runsNothingAfterClose(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader({ onUnknown: 'leader' });
  let runs = 0;
  leader.elect();
  await using(
    mount(leader, () => (runs += 1), JOBS),
    async (adapter) => {
      await leader.close();
      await adapter.tick();
    },
  );
  assert.equal(runs, 0);
}
