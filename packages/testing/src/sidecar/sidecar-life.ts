/**
 * Stands for the process that a sidecar's code runs in: it can be stopped, continued and ended.
 *
 * Code that resumes after a timer or a socket passes through `awake()`, so a sidecar that shares the caller's process
 * stops exactly where SIGSTOP would stop one in a process of its own.
 */
export class SidecarLife {
  readonly #ended = new AbortController();
  #stopped: PromiseWithResolvers<void> | undefined;

  /** Aborts when the life ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  stop(): void {
    this.#stopped ??= Promise.withResolvers<void>();
  }

  continue(): void {
    this.#stopped?.resolve();
    this.#stopped = undefined;
  }

  end(): void {
    this.#ended.abort(new Error('this sidecar has ended'));
    this.continue();
  }

  /** Resolves at once, or after a stop when it continues; rejects once the life has ended. */
  async awake(): Promise<void> {
    while (this.#stopped !== undefined) await this.#stopped.promise;
    this.signal.throwIfAborted();
  }

  /** Resolves `delayMs` later. Time passes during a stop too, as it does for the timers of a stopped process. */
  async sleep(delayMs: number): Promise<void> {
    this.signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, delayMs);
    const cancel = (): void => {
      clearTimeout(timer);
      resolve();
    };
    this.signal.addEventListener('abort', cancel, { once: true });
    await promise;
    this.signal.removeEventListener('abort', cancel);
    await this.awake();
  }
}
