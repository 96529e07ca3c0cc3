import { ClusterLeaderError } from '@cluster-leader/core';
import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';

/** Options of everything that waits. */
export interface WaitOptions {
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Rejects with ERR_WAIT_TIMEOUT, and says how the election stands. By default it waits as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/** Lets many wait for a condition over state that changes by events, without polling. */
export class Changes {
  readonly #describe: () => string;
  readonly #waiting = new Set<() => void>();
  readonly #closed = new AbortController();

  /** `describe` says for the message of a timeout how things stand. */
  constructor(describe: () => string = () => 'Nothing is known.') {
    this.#describe = describe;
  }

  /** Makes everything that waits look again. */
  notify(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves as soon as `test` holds; rejects when the signal aborts, at the time limit, when `test` throws and on close. */
  async until(test: () => boolean, options: WaitOptions = {}): Promise<void> {
    const { timeoutMs, ...ending } = resolveWait(options);
    const signal = AbortSignal.any([this.#closed.signal, ...(ending.signal === undefined ? [] : [ending.signal])]);
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
    const expire = (): void => {
      reject(new ClusterLeaderError('ERR_WAIT_TIMEOUT', `Not so within ${timeoutMs} ms. ${this.#describe()}`));
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    this.#waiting.add(look);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      this.#waiting.delete(look);
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  throwIfClosed(): void {
    this.#closed.signal.throwIfAborted();
  }

  /** Rejects everything that waits, now and later. */
  close(reason: Error): void {
    this.#closed.abort(reason);
  }
}

function resolveWait(options: WaitOptions): WaitOptions {
  requireKnownOptions(options, ['signal', 'timeoutMs']);
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', signal, 'an AbortSignal');
  }
  if (timeoutMs !== undefined) requireDuration('timeoutMs', timeoutMs);
  return options;
}
