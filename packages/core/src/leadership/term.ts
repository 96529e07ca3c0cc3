import { AsyncLocalStorage } from 'node:async_hooks';
import { ClusterLeaderError } from '../errors.ts';
import { processWide } from '../runtime/process-wide.ts';

/** One unbroken span in which this process stood as leader. */
export interface Term {
  /**
   * Counts from 1 within this process, so it cannot be compared between pods; undefined for a run that went ahead because
   * `onUnknown` is `'leader'`.
   */
  readonly number: number | undefined;
  readonly electedAt: Date;
  /**
   * A number that grows from holder to holder: let the database refuse a write that carries a smaller one than the last.
   *
   * The version of the lock record that confirmed the beginning of the term; undefined without the option `lockRecord`. It
   * starts anew if etcd loses its data, see docs/lock-record.md.
   */
  readonly fencingToken: bigint | undefined;
  /**
   * Aborts with ERR_NOT_LEADER when the term ends, by demotion or `close()`, or when the run's own signal aborts, whose
   * reason is then the `cause`. Pass it on to what you await. Work that outlives its run must hold this signal itself, not
   * only one that `AbortSignal.any()` made of it.
   */
  readonly signal: AbortSignal;
  /** Throws ERR_NOT_LEADER once this term has ended, even if another has begun. Call it right before a side effect. */
  assertLeader(): void;
}

/** Shared by all copies of this package in the process, so that a task finds its term whichever copy it imports. */
const tasks = processWide('terms', () => new AsyncLocalStorage<Term>());

/** Returns the term of the gated task in which it is called; throws ERR_NO_TERM anywhere else, so that a forgotten gate fails closed. */
export function currentTerm(): Term {
  const term = presentTerm();
  if (term !== undefined) return term;
  throw new ClusterLeaderError(
    'ERR_NO_TERM',
    'currentTerm() was called outside of a gated task. Run the code by runIfLeader(), gate() or an adapter.',
  );
}

/** The term of the gated task in which it is called, or undefined outside of one. */
export function presentTerm(): Term | undefined {
  return tasks.getStore();
}

/** Runs `task` so that `currentTerm()` returns `term` inside it. */
export function runInTerm<T>(term: Term, task: (term: Term) => T): T {
  return tasks.run(term, task, term);
}
