/** Runs asynchronous steps one after the other, in the order of the calls; a failed step does not hold up the next. */
export class StepQueue {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when this step and all before it are done; rejects with the error of this step alone. */
  async run(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    await done;
  }
}
