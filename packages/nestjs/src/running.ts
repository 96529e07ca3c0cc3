import type { LoggerService } from '@nestjs/common';

/** What runs at the moment, by name, for a shutdown to wait for. */
export class Running {
  readonly #names = new Map<Promise<unknown>, string>();

  /** Settles as `work` does. */
  async add<T>(work: Promise<T>, name: string): Promise<T> {
    this.#names.set(work, name);
    try {
      return await work;
    } finally {
      this.#names.delete(work);
    }
  }

  /** Resolves when what runs now has ended, or after `limitMs` with a warning that names what has not. */
  async drain(limitMs: number, logger: LoggerService): Promise<void> {
    const { promise: expired, resolve } = Promise.withResolvers<'expired'>();
    const timer = setTimeout(resolve, limitMs, 'expired');
    const winner = await Promise.race([expired, Promise.allSettled(this.#names.keys())]);
    clearTimeout(timer);
    if (winner !== 'expired' || this.#names.size === 0) return;
    const names = [...new Set(this.#names.values())].join(', ');
    logger.warn(`Shutting down although after ${limitMs} ms these still run: ${names}. Let them end on term.signal.`);
  }
}
