import type { ClusterLeader } from '@cluster-leader/core';
import type { JobOptions } from './job-options.ts';

/** A job while it is registered: what it may do, and what is under way. */
export class RegisteredJob {
  readonly leader: ClusterLeader;
  readonly options: JobOptions;
  /** Whether it was only run with given slots so far, so that a host may still register it. */
  readonly isGiven: boolean;
  /** Whether missed slots or interrupted runs are being worked on. One at a time for each job (ledger rule 13). */
  isMakingUp = false;
  #isClosed = false;
  #running = 0;
  #onIdle: (() => void)[] = [];

  constructor(leader: ClusterLeader, options: JobOptions, isGiven: boolean) {
    this.leader = leader;
    this.options = options;
    this.isGiven = isGiven;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a run is under way with which another one must not overlap. */
  get isBusy(): boolean {
    return this.options.exclusive && this.#running > 0;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Counts a run as under way until the function that it returns is called. */
  enter(): () => void {
    this.#running += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running -= 1;
      if (this.#running > 0) return;
      const waiting = this.#onIdle;
      this.#onIdle = [];
      for (const resolve of waiting) resolve();
    };
  }

  /** Resolves once another run may begin. */
  async whenFree(): Promise<void> {
    while (this.isBusy) await this.#nextIdle();
  }

  /** Resolves once no run is under way. */
  async whenEmpty(): Promise<void> {
    while (this.#running > 0) await this.#nextIdle();
  }

  #nextIdle(): Promise<void> {
    return new Promise((resolve) => void this.#onIdle.push(resolve));
  }
}
