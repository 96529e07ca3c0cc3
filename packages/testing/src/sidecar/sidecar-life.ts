/**
 * The part of a process that a sidecar's code depends on: it can be stopped, continued and ended.
 *
 * Code that resumes after a timer or a socket awaits `awake()` first. A sidecar that shares the caller's process thus
 * stops at the same points at which SIGSTOP would stop one in its own process.
 */
export class SidecarLife {
  readonly #ended = new AbortController();
  #stopped: PromiseWithResolvers<void> | undefined;

  /** Aborts when the life ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Stops the code at its next `awake()`, as SIGSTOP does. */
  stop(): void {
    this.#stopped ??= Promise.withResolvers<void>();
  }

  /** Lets stopped code go on, as SIGCONT does. */
  continue(): void {
    this.#stopped?.resolve();
    this.#stopped = undefined;
  }

  /** Ends the life: `signal` aborts and `awake()` rejects. */
  end(): void {
    this.#ended.abort(new Error('The sidecar has ended.'));
    this.continue();
  }

  /** Resolves at once or, while stopped, when the life continues. Rejects once the life has ended. */
  async awake(): Promise<void> {
    while (this.#stopped !== undefined) await this.#stopped.promise;
    this.signal.throwIfAborted();
  }

  /** Resolves after `delayMs`. The time of a stop counts, as it does for the timers of a stopped process. */
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
