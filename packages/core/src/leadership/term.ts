import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { ClusterLeaderError } from '../errors.ts';
import { inModuleContext } from '../runtime/module-context.ts';
import { processWide } from '../runtime/process-wide.ts';

/**
 * One unbroken span in which this process stood as leader.
 *
 * It is not a fencing token: numbers are counted within the process, so they cannot be compared between pods.
 */
export interface Term {
  /** Counts from 1 within this process; undefined for a run that went ahead because `onUnknown` is `'leader'`. */
  readonly number: number | undefined;
  readonly electedAt: Date;
  /**
   * Aborts with ERR_NOT_LEADER when the term ends, by demotion or `close()`, or when the run's own signal aborts, whose
   * reason is then the `cause`. Pass it on to what you await.
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

/** What terms have aborted with, so that such an error is recognised outside of its task as well. */
const losses = processWide('losses', () => new WeakSet<object>());

/** Whether a term, or a run, of this process has aborted with exactly this error. */
export function isLoss(error: object): boolean {
  return losses.has(error);
}

/** The term as its owner sees it: with a way to end it. */
export class LiveTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly #look: () => void;
  readonly #controller = new AbortController();
  /** Runs that must be told of the end: those under way, and ended ones on whose signal somebody still listens. */
  readonly #runs = new Set<RunTerm>();
  /** Ended runs whose signal may still be read; it is dropped with the signal. */
  readonly #readable = new Set<WeakRef<RunTerm>>();
  readonly #unreadable = new FinalizationRegistry<WeakRef<RunTerm>>((ref) => this.#readable.delete(ref));

  /** `look` re-evaluates the standing, which ends the term if the belief in it has lapsed. */
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

  /** Runs `task` in a term of its own, which ends with this one or when `ending` aborts. */
  async run<T>(task: (term: Term) => T | PromiseLike<T>, ending: AbortSignal | undefined): Promise<T> {
    const run = new RunTerm(this, ending);
    this.#runs.add(run);
    const end = (): void => run.abort(lossOf(this, 'closed', ending?.reason));
    ending?.addEventListener('abort', end);
    try {
      return await runInTerm(run, task);
    } finally {
      // A task may leave work behind that must still learn of the end, but a run that left none must not be kept.
      if (!run.isListenedTo) {
        ending?.removeEventListener('abort', end);
        this.#runs.delete(run);
        if (run.isReadable) this.#keepWhileReadable(run);
      }
    }
  }

  end(reason: string): void {
    const loss = lossOf(this, reason);
    inModuleContext(() => {
      this.#controller.abort(loss);
      for (const run of this.#runs) run.abort(loss);
      for (const ref of this.#readable) ref.deref()?.abort(loss);
    });
    this.#runs.clear();
    this.#readable.clear();
  }

  #keepWhileReadable(run: RunTerm): void {
    const ref = new WeakRef(run);
    this.#readable.add(ref);
    this.#unreadable.register(run, ref);
  }
}

/** Keeps a run alive as long as its signal is. */
const runOf = new WeakMap<AbortSignal, RunTerm>();

/** The term as one run sees it. Its signal is made when it is first read, and is the run's alone. */
class RunTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly #term: LiveTerm;
  readonly #ending: AbortSignal | undefined;
  #controller: AbortController | undefined;

  constructor(term: LiveTerm, ending: AbortSignal | undefined) {
    this.number = term.number;
    this.electedAt = term.electedAt;
    this.#term = term;
    this.#ending = ending;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    runOf.set(signal, this);
    if (this.#term.signal.aborted) this.abort(this.#term.signal.reason);
    else if (this.#ending?.aborted) this.abort(lossOf(this, 'closed', this.#ending.reason));
    return signal;
  }

  assertLeader(): void {
    this.#term.assertLeader();
    if (!this.#ending?.aborted) return;
    const { signal } = this;
    this.abort(lossOf(this, 'closed', this.#ending.reason));
    signal.throwIfAborted();
  }

  get isReadable(): boolean {
    return this.#controller !== undefined && !this.#controller.signal.aborted;
  }

  get isListenedTo(): boolean {
    return this.#controller !== undefined && getEventListeners(this.#controller.signal, 'abort').length > 0;
  }

  abort(loss: unknown): void {
    this.#controller?.abort(loss);
  }
}

/** Makes the reason with which a term, or a run, ends. One that `cause` has made already stays as it is. */
function lossOf({ number }: Pick<Term, 'number'>, reason: string, cause?: unknown): ClusterLeaderError {
  const name = number === undefined ? 'The run without a known leader' : `Term ${number}`;
  const message = `${name} has ended (${reason}). Stop what it was doing: another replica may lead now.`;
  const isLossAlready = cause instanceof ClusterLeaderError && cause.code === 'ERR_NOT_LEADER';
  const loss = isLossAlready ? cause : new ClusterLeaderError('ERR_NOT_LEADER', message, { cause });
  losses.add(loss);
  return loss;
}
