import {
  Leadership,
  type LeadershipOptions,
  type NotLeadingReason,
  type Term,
  type UnknownReason,
  type Verdict,
} from '@cluster-leader/core';

/** A `ClusterLeader` in the hands of a unit test: its terms, events and gates are the real ones, its standing is yours. */
export class FakeLeader extends Leadership {
  #verdict: Verdict = { standing: 'follower' };

  /** Begins a term, where none is going on, and returns the present one. */
  elect(): Term {
    this.#become({ standing: 'leader' });
    if (this.term !== undefined) return this.term;
    if (this.isClosed) throw new Error('A closed leader is never elected: make a new one with fakeLeader().');
    throw new Error('A listener has ended the term before elect() could return it.');
  }

  /** Ends the term, if one is going on: by default because another pod leads. */
  demote(reason: NotLeadingReason = 'follower'): void {
    if (reason === 'follower') this.#become({ standing: 'follower' });
    else this.unknown(reason);
  }

  /** Makes it unknown who leads. */
  unknown(reason: UnknownReason = 'unreachable'): void {
    this.#become({ standing: 'unknown', reason });
  }

  #become(verdict: Verdict): void {
    this.#verdict = verdict;
    this.advance();
  }

  protected override judge(): Verdict {
    return this.#verdict;
  }

  protected override watch(): void {}

  protected override async check(_maxAgeMs?: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
  }

  protected override async release(): Promise<void> {}
}

/** Makes a {@link FakeLeader} that stands as a follower until it is told otherwise. */
export function fakeLeader(options?: LeadershipOptions): FakeLeader {
  return new FakeLeader(options);
}
