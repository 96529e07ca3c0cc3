import type { Changes } from '../changes.ts';

/** Runs the faults of one candidate one at a time, in the order of their calls. */
export class FaultQueue {
  readonly #changes: Changes;
  /** Settles with the last fault in the queue. Never rejects. */
  #last: Promise<void> = Promise.resolve();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Runs `fault` after the faults before it, and settles as it does. Rejects without running it if the election is closed. */
  async run(fault: () => void | Promise<void>): Promise<void> {
    const done = this.#last.then(() => {
      this.#changes.throwIfClosed();
      return fault();
    });
    this.#last = done.catch(() => {});
    await done;
  }

  /** Resolves once every fault in the queue has settled. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
