import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { currentTerm, endedByLoss, type Term } from '@cluster-leader/core';
import { fakeLeader, type FakeLeader } from '../fake-leader.ts';
import { withAdapter, type MountAdapter } from './mounted-adapter.ts';

/** Fails unless the signal of a running job aborts with ERR_NOT_LEADER when `lose` ends its term. */
export async function abortsTheJob(mount: MountAdapter, lose: (leader: FakeLeader) => unknown): Promise<void> {
  let wasAborted = false;
  const term = await loseDuringJob(mount, lose, () => (wasAborted = true));
  assert.ok(wasAborted, 'the signal of the job does not abort');
  assert.equal(term.signal.reason?.code, 'ERR_NOT_LEADER');
  assert.throws(() => term.assertLeader(), { code: 'ERR_NOT_LEADER' });
}

/** Fails if a job that rejects because of a loss leaves an unhandled rejection. */
export async function containsTheLoss(mount: MountAdapter): Promise<void> {
  // A job may reject with the reason itself, or with Node.js's AbortError, which has the reason as its cause.
  const endings: readonly ((term: Term) => unknown)[] = [
    (term) => term.assertLeader(),
    (term) => once(new EventEmitter(), 'never', { signal: term.signal }),
  ];
  const unhandled: unknown[] = [];
  const collect = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', collect);
  try {
    const terms: Term[] = [];
    for (const ending of endings) terms.push(await loseDuringJob(mount, (leader) => leader.demote(), ending));
    // Node.js reports an unhandled rejection after the microtasks.
    await new Promise((resolve) => setImmediate(resolve));
    // Other tests may run in this process at the same time, so only these losses count.
    const losses = terms.map(({ signal }): unknown => signal.reason);
    assert.deepEqual(
      unhandled.filter((error) => losses.some((loss) => error === loss || causeOf(error) === loss)),
      [],
    );
  } finally {
    process.off('unhandledRejection', collect);
  }
}

/** Runs one job that waits for its signal and then calls `after`; ends its term with `lose`; returns the term. */
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
  await withAdapter(mount(leader, work, 1), async (adapter) => {
    const ticking = adapter.tick().catch((error: unknown) => {
      // A host may report the loss as a failed run. Any other error is a failure of the adapter.
      if (!endedByLoss(error, term)) throw error;
    });
    await Promise.race([started.promise, ticking]);
    await lose(leader);
    await ticking;
  });
  assert.ok(term !== undefined, 'the job does not run within a term');
  return term;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
