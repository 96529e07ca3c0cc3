import { AsyncLocalStorage } from 'node:async_hooks';
import { ClusterLeaderError } from './errors.ts';

/**
 * One unbroken span in which this process stood as leader.
 *
 * It is not a fencing token: numbers are counted within the process, so another pod's say nothing about this one's.
 */
export interface Term {
  /** Counts from 1 within this process; undefined for a run that went ahead because `onUnknown` is `'leader'`. */
  readonly number: number | undefined;
  readonly electedAt: Date;
  /** Aborts when the term ends: by demotion or `close()` with an ERR_NOT_LEADER as its reason, by a run's own signal with that one's. Pass it on to what you await. */
  readonly signal: AbortSignal;
  /** Throws ERR_NOT_LEADER once this term has ended, even if another has begun. Call it right before a side effect. */
  assertLeader(): void;
}

const tasks = new AsyncLocalStorage<Term>();

/** Returns the term of the task one is in; throws ERR_NO_TERM outside of one, so that a forgotten gate does not fail open. */
export function currentTerm(): Term {
  const term = tasks.getStore();
  if (term !== undefined) return term;
  throw new ClusterLeaderError(
    'ERR_NO_TERM',
    'currentTerm() was called outside of a gated task. Run the code by runIfLeader(), gate() or an adapter.',
  );
}

/** Runs `task` so that `currentTerm()` finds `term` in it. */
export function runInTerm<T>(term: Term, task: (term: Term) => T): T {
  return tasks.run(term, task, term);
}

/** The term as its owner sees it: with a way to end it. */
export class LiveTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly #look: () => void;
  readonly #controller = new AbortController();
  readonly #runs = new WeakMap<AbortSignal, RunTerm>();

  /** `look` ends the term where it is over but has not been noticed to be. */
  constructor(number: number | undefined, electedAt: Date, look: () => void) {
    this.number = number;
    this.electedAt = electedAt;
    this.#look = look;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  assertLeader(): void {
    this.#look();
    this.signal.throwIfAborted();
  }

  /** This term for runs that `ending` ends as well: one for all of them, because what derives from a signal leaves a little behind on Node.js 22. */
  until(ending: AbortSignal): Term {
    const known = this.#runs.get(ending);
    if (known !== undefined) return known;
    const term = new RunTerm(this, ending);
    this.#runs.set(ending, term);
    return term;
  }

  end(reason: string): void {
    this.#controller.abort(notLeader(this, reason));
  }
}

/** A term that a signal ends as well. It needs no undoing: signals hold what derives from them weakly. */
class RunTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly #term: Term;
  readonly #ending: AbortSignal;
  #signal: AbortSignal | undefined;

  constructor(term: Term, ending: AbortSignal) {
    this.number = term.number;
    this.electedAt = term.electedAt;
    this.#term = term;
    this.#ending = ending;
  }

  /** Made when it is first wanted. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([this.#term.signal, this.#ending]);
    return this.#signal;
  }

  assertLeader(): void {
    this.#term.assertLeader();
    if (this.#ending.aborted) throw notLeader(this, 'closed', { cause: this.#ending.reason });
  }
}

function notLeader({ number }: Pick<Term, 'number'>, reason: string, options?: ErrorOptions): ClusterLeaderError {
  const name = number === undefined ? 'The run without a known leader' : `Term ${number}`;
  const next = 'Stop what it was doing: another replica may lead now.';
  return new ClusterLeaderError('ERR_NOT_LEADER', `${name} has ended (${reason}). ${next}`, options);
}
