import { inModuleContext } from '@cluster-leader/core/adapter-kit';
import { retryPauseMs } from './retry.ts';

/** Asks a store that does not answer again and again, until it does. */
export class Recovery {
  readonly #ask: () => Promise<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask;
  }

  start(): void {
    this.#failures = 0;
    this.#askLater();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #askLater(): void {
    if (this.#isStopped) return;
    this.#failures += 1;
    clearTimeout(this.#timer);
    inModuleContext(() => {
      this.#timer = setTimeout(() => void this.#askNow(), retryPauseMs(this.#failures)).unref();
    });
  }

  async #askNow(): Promise<void> {
    try {
      await this.#ask();
    } catch {
      this.#askLater();
    }
  }
}
