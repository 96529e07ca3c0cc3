import {
  Leader,
  ManualSource,
  type LeaderOptions,
  type NotLeadingReason,
  type Term,
  type UnknownReason,
} from '@cluster-leader/core';
import { invalidOption, requireKnownOptions, UNKNOWN_REASONS } from '@cluster-leader/core/adapter-kit';

/** A `ClusterLeader` for unit tests: its terms, events and gates are the real ones, and the test sets its standing. */
export interface FakeLeader extends Leader {
  /** Begins a term, unless one is going on, and returns the present one. */
  elect(): Term;
  /** Ends the term, if one is going on: by default because another pod leads. `'closed'` closes the leader. */
  demote(reason?: NotLeadingReason): void;
  /** Makes it unknown who leads, by default because the sidecar is unreachable. `'closed'` closes the leader. */
  unknown(reason?: UnknownReason): void;
}

/** Makes a {@link FakeLeader}: a follower until `elect()`. */
export function fakeLeader(options: LeaderOptions = {}): FakeLeader {
  requireKnownOptions(options, ['onUnknown', 'logger', 'election']);
  const source = new ManualSource();
  const leader = new Leader(source, options);
  void leader.standing; // A standing has been known from here on, which `onUnknown: 'leader'` needs.

  function elect(): Term {
    source.become({ standing: 'leader' });
    const { term } = leader;
    if (term !== undefined) return term;
    if (leader.status().reason === 'closed') {
      throw new Error('A closed leader is never elected: make a new one with fakeLeader().');
    }
    throw new Error('A listener has ended the term before elect() could return it.');
  }
  function demote(reason: NotLeadingReason = 'follower'): void {
    if (reason === 'follower') source.become({ standing: 'follower' });
    else unknown(reason);
  }
  function unknown(reason: UnknownReason = 'unreachable'): void {
    if (!UNKNOWN_REASONS.includes(reason)) {
      throw invalidOption('reason', reason, `one of follower, ${UNKNOWN_REASONS.join(', ')}`);
    }
    if (reason === 'closed') void leader.close();
    else source.become({ standing: 'unknown', reason });
  }
  return Object.assign(leader, { elect, demote, unknown });
}
