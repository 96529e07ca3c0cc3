import { currentTerm, type Logger } from '@cluster-leader/core';

/** Sees what an app does: the runs of its jobs, with their terms, and the skips of its gates. */
export class Witness {
  readonly runs: (number | undefined)[] = [];
  readonly skips: string[] = [];
  #look = (): void => {};

  /** A leader's log, from which skips are read: it is there before any gate. */
  readonly logger: Logger = {
    debug: (message) => {
      const skip = /^Skipped (.+)\.$/.exec(message);
      if (skip?.[1] !== undefined) this.skips.push(skip[1]);
      this.#look();
    },
  };

  /** What a job does: it notes the term in which it runs, and fails outside of one. */
  readonly work = (): void => {
    this.runs.push(currentTerm().number);
    this.#look();
  };

  /** What an ungated job does. */
  readonly workAnyway = (): void => {
    this.runs.push(undefined);
    this.#look();
  };

  /** Resolves once `isReached`; it is looked at again after each run and skip. */
  async until(isReached: (witness: this) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => isReached(this) && resolve();
      this.#look();
    });
  }
}

/** One promise of the adapter. */
export interface Case {
  readonly title: string;
  run(): Promise<void>;
}
