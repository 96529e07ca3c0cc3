import { currentTerm, type Logger } from '@cluster-leader/core';

/** Records the runs of an app's jobs, with their terms, and the skips of its gates. */
export class Recorder {
  readonly runs: (number | undefined)[] = [];
  readonly skips: string[] = [];
  #notify = (): void => {};

  /** The leader's logger, from which skips are read, because it exists before any gate does. */
  readonly logger: Logger = {
    debug: (message) => {
      const skip = /^Skipped (.+)\.$/.exec(message);
      if (skip?.[1] !== undefined) this.skips.push(skip[1]);
      this.#notify();
    },
  };

  /** The work of a gated job: records the present term, and throws if there is none. */
  readonly work = (): void => {
    this.runs.push(currentTerm().number);
    this.#notify();
  };

  /** The work of a job that is not gated. */
  readonly ungatedWork = (): void => {
    this.runs.push(undefined);
    this.#notify();
  };

  /** Resolves once `isReached` returns true, which it evaluates after each run and skip. */
  async until(isReached: (recorder: this) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#notify = () => isReached(this) && resolve();
      this.#notify();
    });
  }
}
