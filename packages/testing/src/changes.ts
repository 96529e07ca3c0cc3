import { ClusterLeaderError } from '@cluster-leader/core';
import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';

/** Options of a wait. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Time limit, after which the promise rejects with ERR_WAIT_TIMEOUT and a message that describes the election. Default none. */
  readonly timeoutMs?: number | undefined;
}

/** Lets callers wait for a condition without polling: each is tested again whenever something has changed. */
export class Changes {
  readonly #describe: () => string;
  readonly #tests = new Set<() => void>();
  readonly #closed = new AbortController();

  /** `describe` returns the present state as a sentence, for the message of a timeout. */
  constructor(describe: () => string) {
    this.#describe = describe;
  }

  /** Tests every condition again. */
  notify(): void {
    for (const retest of this.#tests) retest();
  }

  /** Resolves once `test` returns true; rejects when the signal aborts, at the time limit, if `test` throws and on close. */
  async until(test: () => boolean, options: WaitOptions = {}): Promise<void> {
    requireWait(options);
    const { timeoutMs } = options;
    const signal = AbortSignal.any([this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    signal.throwIfAborted();
    if (test()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const retest = (): void => {
      try {
        if (test()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    const giveUp = (): void => reject(signal.reason);
    const expire = (): void => {
      reject(
        new ClusterLeaderError(
          'ERR_WAIT_TIMEOUT',
          `The condition was not met within ${timeoutMs} ms. ${this.#describe()}`,
        ),
      );
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    this.#tests.add(retest);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      this.#tests.delete(retest);
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Whether `close()` was called. */
  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Throws the reason of `close()` if it was called. */
  throwIfClosed(): void {
    this.#closed.signal.throwIfAborted();
  }

  /** Rejects every wait with `reason`, now and later. */
  close(reason: Error): void {
    this.#closed.abort(reason);
  }
}

function requireWait(options: WaitOptions): void {
  requireKnownOptions(options, ['signal', 'timeoutMs']);
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', signal, 'an AbortSignal');
  }
  if (timeoutMs !== undefined) requireDuration('timeoutMs', timeoutMs);
}
