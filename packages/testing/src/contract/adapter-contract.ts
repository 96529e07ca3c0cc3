import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import {
  ClusterLeaderService,
  currentTerm,
  endedByLoss,
  type ClusterLeader,
  type LeadershipEvents,
  type NotLeadingReason,
  type Term,
} from '@cluster-leader/core';
import { invalidOption, UNKNOWN_REASONS } from '@cluster-leader/core/adapter-kit';
import { startElection } from '../election/election.ts';
import { fakeLeader, type FakeLeader } from '../fake-leader.ts';

/** An adapter with its jobs, as the contract uses it. */
export interface MountedAdapter {
  /** Lets the host start every job once, and settles when each has ended or was skipped. It may reject with a job's own error. */
  tick(): Promise<void>;
  /** Ends the jobs, and everything that the adapter and its host hold. */
  close(): Promise<void>;
}

/** Makes `jobs` jobs in the host, each of which calls `work`, gated by `leader`. */
export type MountAdapter = (
  leader: ClusterLeader,
  work: () => unknown,
  jobs: number,
) => MountedAdapter | Promise<MountedAdapter>;

/** One promise of the contract; `run` rejects if it is broken. */
export interface ContractCase {
  /** Stable across releases, unlike the title: for a host in which one case means something else. */
  readonly id: string;
  readonly title: string;
  run(): Promise<void>;
}

const JOBS = 3;
const BURST = 20;

/**
 * Lists what every adapter must do, for any test runner.
 *
 * Each case asserts outside of the jobs, so that it does not matter what a host does with a job's error.
 *
 * @example
 * for (const { title, run } of adapterContract(mount)) it(title, run);
 */
export function adapterContract(mount: MountAdapter): readonly ContractCase[] {
  if (typeof mount !== 'function') throw invalidOption('mount', mount, 'a function');
  const reasons = UNKNOWN_REASONS.filter((reason) => reason !== 'closed');
  return [
    { id: 'runs', title: 'runs each job on the leader, within its term', run: () => runsOnTheLeader(mount) },
    {
      id: 'skips-follower',
      title: 'skips each job on a follower, and says which and why',
      run: () => skips(mount, 'follower'),
    },
    ...reasons.map((reason) => ({
      id: `skips-${reason}`,
      title: `skips each job while it is unknown who leads (${reason})`,
      run: () => skips(mount, reason),
    })),
    {
      id: 'aborts-on-demotion',
      title: 'aborts the signal of a running job with ERR_NOT_LEADER when leadership is lost',
      run: () => abortsTheJob(mount, (leader) => leader.demote()),
    },
    {
      id: 'aborts-on-close',
      title: 'aborts the signal of a running job with ERR_NOT_LEADER when the leader is closed',
      run: () => abortsTheJob(mount, (leader) => leader.close()),
    },
    {
      id: 'contains-loss',
      title: 'leaves no rejection unhandled when a job rejects because leadership was lost',
      run: () => containsTheLoss(mount),
    },
    { id: 'runs-again', title: 'runs again when leadership comes back, in a new term', run: () => comesBack(mount) },
    {
      id: 'asks-once',
      title: 'asks the sidecar at most once in 100 ms for a burst of jobs',
      run: () => asksOnce(mount),
    },
    { id: 'closed', title: 'runs nothing once the leader is closed', run: () => runsNothingAfterClose(mount) },
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

/** The number of the term that a job is in; undefined if it is in none, which a host might swallow as an error. */
function termNumber(): number | undefined {
  try {
    return currentTerm().number;
  } catch {
    return undefined;
  }
}

async function runsOnTheLeader(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const terms: (number | undefined)[] = [];
  leader.elect();
  await using(
    mount(leader, () => terms.push(termNumber()), JOBS),
    (adapter) => adapter.tick(),
  );
  assert.deepEqual(
    terms,
    Array.from({ length: JOBS }, () => 1),
  );
}

async function skips(mount: MountAdapter, reason: NotLeadingReason): Promise<void> {
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

/** Runs one job until its signal aborts, then `after`, and returns the term that the job was in. */
async function loseDuringJob(
  mount: MountAdapter,
  lose: (leader: FakeLeader) => unknown,
  after: (term: Term) => unknown,
): Promise<Term> {
  const leader = fakeLeader();
  const started = Promise.withResolvers<void>();
  let term: Term | undefined;
  leader.elect();
  const work = async (): Promise<void> => {
    try {
      term = currentTerm();
    } finally {
      started.resolve();
    }
    if (!term.signal.aborted) await once(term.signal, 'abort');
    await after(term);
  };
  await using(mount(leader, work, 1), async (adapter) => {
    const ticking = adapter.tick().catch((error: unknown) => {
      // A host may report the run as failed, as long as it does report it.
      if (!endedByLoss(error, term)) throw error;
    });
    await Promise.race([started.promise, ticking]);
    await lose(leader);
    await ticking;
  });
  assert.ok(term !== undefined, 'the job runs within a term');
  return term;
}

async function abortsTheJob(mount: MountAdapter, lose: (leader: FakeLeader) => unknown): Promise<void> {
  let wasAborted = false;
  const term = await loseDuringJob(mount, lose, () => (wasAborted = true));
  assert.ok(wasAborted, 'the job has seen its signal abort');
  assert.equal(term.signal.reason?.code, 'ERR_NOT_LEADER');
  assert.throws(() => term.assertLeader(), { code: 'ERR_NOT_LEADER' });
}

async function containsTheLoss(mount: MountAdapter): Promise<void> {
  // The reason itself, and what Node.js makes of it: an AbortError with the reason as its cause.
  const endings: readonly ((term: Term) => unknown)[] = [
    (term) => term.assertLeader(),
    (term) => once(new EventEmitter(), 'never', { signal: term.signal }),
  ];
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const terms: Term[] = [];
    for (const ending of endings) terms.push(await loseDuringJob(mount, (leader) => leader.demote(), ending));
    // Node.js reports a rejection once the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve));
    // Other tests of this process may run at the same time.
    const losses = terms.map(({ signal }): unknown => signal.reason);
    assert.deepEqual(
      unhandled.filter((error) => losses.some((loss) => error === loss || causeOf(error) === loss)),
      [],
    );
  } finally {
    process.off('unhandledRejection', note);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

async function comesBack(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const terms: (number | undefined)[] = [];
  await using(
    mount(leader, () => terms.push(termNumber()), 1),
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
        const startedAtMs = performance.now();
        await adapter.tick();
        // A loaded machine, or a host that waits for the next second, takes longer than one answer is good for.
        const tookMs = performance.now() - startedAtMs;
        const requests = candidate.requests - before;
        assert.equal(runs, BURST);
        assert.ok(requests <= 1 + tookMs / 100, `${requests} requests for ${BURST} jobs in ${tookMs} ms`);
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
