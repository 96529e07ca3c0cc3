import { Leadership, type Verdict } from '@cluster-leader/core';

/** A leader by somebody else's word: the parent's, for a forked job. */
export class AppointedLeader extends Leadership {
  #verdict: Verdict;

  constructor(standing: 'leader' | 'follower') {
    super({ logger: {} });
    this.#verdict = { standing };
  }

  become(standing: 'leader' | 'follower'): void {
    this.#verdict = { standing };
    this.advance();
  }

  protected override judge(): Verdict {
    return this.#verdict;
  }

  protected override watch(): void {}

  protected override async check(): Promise<void> {}

  protected override async release(): Promise<void> {}
}
