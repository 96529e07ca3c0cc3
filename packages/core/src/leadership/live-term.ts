import { getEventListeners } from 'node:events';
import { inModuleContext } from '../runtime/module-context.ts';
import { lossOf } from './loss.ts';
import { runInTerm, type Term } from './term.ts';

/** A term with what its owner needs: a way to end it, and to run tasks in it. */
export class LiveTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly #look: () => void;
  readonly #controller = new AbortController();
  /** Runs whose signals abort with the term: those under way, and ended ones whose signal still has listeners. */
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
      // A task may leave work behind whose signal must still abort, but a run that left none must not be kept.
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
