/** Options of everything that waits. */
export interface WaitOptions {
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Lets many wait for a condition over state that changes by events, without polling. */
export class Changes {
  readonly #waiting = new Set<() => void>();
  readonly #closed = new AbortController();

  /** Tells all who wait to look again. */
  notify(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves as soon as `test` holds; rejects when the signal aborts, when `test` throws and on close. */
  async until(test: () => boolean, options: WaitOptions = {}): Promise<void> {
    const signal = AbortSignal.any([this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    signal.throwIfAborted();
    if (test()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      try {
        if (test()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    const giveUp = (): void => reject(signal.reason);
    this.#waiting.add(look);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      this.#waiting.delete(look);
      signal.removeEventListener('abort', giveUp);
    }
  }

  throwIfClosed(): void {
    this.#closed.signal.throwIfAborted();
  }

  /** Rejects all who wait, now and later. */
  close(reason: Error): void {
    this.#closed.abort(reason);
  }
}
