import { getEventListeners } from 'node:events';
import { lossOf } from './loss.ts';
import type { Term } from './term.ts';

/** Keeps a run's term alive as long as its signal is. */
const termOf = new WeakMap<AbortSignal, RunTerm>();

/** The term as one run sees it. Its signal is made when it is first read, and belongs to this run only. */
export class RunTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly fencingToken: bigint | undefined;
  readonly #term: Term;
  readonly #ending: AbortSignal | undefined;
  readonly #onFirstRead: () => void;
  #controller: AbortController | undefined;

  /** `onFirstRead` is called when the signal has been made and may have to abort later. */
  constructor(term: Term, ending: AbortSignal | undefined, onFirstRead: () => void) {
    this.number = term.number;
    this.electedAt = term.electedAt;
    this.fencingToken = term.fencingToken;
    this.#term = term;
    this.#ending = ending;
    this.#onFirstRead = onFirstRead;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    termOf.set(signal, this);
    if (this.#term.signal.aborted) this.abort(this.#term.signal.reason);
    else if (this.#ending?.aborted) this.abort(lossOf(this, 'closed', this.#ending.reason));
    else this.#onFirstRead();
    return signal;
  }

  assertLeader(): void {
    this.#term.assertLeader();
    if (this.#ending?.aborted) this.signal.throwIfAborted();
  }

  /** Whether the signal has been read and has not aborted. */
  get isReadable(): boolean {
    return this.#controller !== undefined && !this.#controller.signal.aborted;
  }

  /** Whether the signal has listeners that have not been called. */
  get isListenedTo(): boolean {
    if (this.#controller === undefined || this.#controller.signal.aborted) return false;
    return getEventListeners(this.#controller.signal, 'abort').length > 0;
  }

  abort(loss: unknown): void {
    this.#controller?.abort(loss);
  }
}
