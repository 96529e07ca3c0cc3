import {
  Leadership,
  type LeadershipOptions,
  type NotLeadingReason,
  type Term,
  type UnknownReason,
  type Verdict,
} from '@cluster-leader/core';
import { invalidOption, requireKnownOptions, UNKNOWN_REASONS } from '@cluster-leader/core/adapter-kit';

/** A `ClusterLeader` for unit tests: its terms, events and gates are the real ones, and the test sets its standing. */
export class FakeLeader extends Leadership {
  #verdict: Verdict = { standing: 'follower' };

  constructor(options: LeadershipOptions = {}) {
    requireKnownOptions(options, ['onUnknown', 'logger']);
    super(options);
    // A standing has been known from here on, which `onUnknown: 'leader'` needs.
    this.advance();
  }

  /** Begins a term, unless one is going on, and returns the present one. */
  elect(): Term {
    this.#become({ standing: 'leader' });
    if (this.term !== undefined) return this.term;
    if (this.isClosed) throw new Error('A closed leader is never elected: make a new one with fakeLeader().');
    throw new Error('A listener has ended the term before elect() could return it.');
  }

  /** Ends the term, if one is going on: by default because another pod leads. `'closed'` closes the leader. */
  demote(reason: NotLeadingReason = 'follower'): void {
    if (reason === 'follower') this.#become({ standing: 'follower' });
    else this.unknown(reason);
  }

  /** Makes it unknown who leads. `'closed'` closes the leader. */
  unknown(reason: UnknownReason = 'unreachable'): void {
    if (!UNKNOWN_REASONS.includes(reason)) {
      throw invalidOption('reason', reason, `one of follower, ${UNKNOWN_REASONS.join(', ')}`);
    }
    if (reason === 'closed') void this.close();
    else this.#become({ standing: 'unknown', reason });
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

/** Makes a {@link FakeLeader}: a follower until `elect()`. */
export function fakeLeader(options?: LeadershipOptions): FakeLeader {
  return new FakeLeader(options);
}
