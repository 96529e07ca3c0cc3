import {
  Leader,
  ManualSource,
  type LeaderOptions,
  type NotLeadingReason,
  type Term,
  type UnknownReason,
} from '@cluster-leader/core';
import {
  invalidOption,
  NOT_LEADING_REASONS,
  requireKnownOptions,
  UNKNOWN_REASONS,
} from '@cluster-leader/core/adapter-kit';

/** A `ClusterLeader` for unit tests: the test sets the standing; terms, events and gates are the real ones. */
export interface FakeLeader extends Leader {
  /** Begins a term, by default without a fencing token, unless there is one; returns it. Throws once the leader is closed. */
  elect(fencingToken?: bigint): Term;
  /** Ends the term, if there is one. Default reason `'follower'`: another pod leads. `'closed'` closes the leader. */
  demote(reason?: NotLeadingReason): void;
  /** Sets the standing to unknown. Default reason `'unreachable'`. `'closed'` closes the leader. */
  unknown(reason?: UnknownReason): void;
}

/** Creates a {@link FakeLeader}, which is a follower until `elect()`. */
export function fakeLeader(options: LeaderOptions = {}): FakeLeader {
  requireKnownOptions(options, ['onUnknown', 'logger', 'election']);
  const source = new ManualSource();
  const leader = new Leader(source, options);
  // `onUnknown: 'leader'` takes effect only after a standing has been known.
  void leader.standing;

  function elect(fencingToken?: bigint): Term {
    source.become({ standing: 'leader' }, fencingToken);
    const { term } = leader;
    if (term !== undefined) return term;
    if (leader.status().reason === 'closed') {
      throw new Error('A closed leader cannot be elected. Create a new one with fakeLeader().');
    }
    throw new Error('A listener ended the term before elect() returned it.');
  }
  function demote(reason: NotLeadingReason = 'follower'): void {
    requireReason(reason, NOT_LEADING_REASONS);
    if (reason === 'follower') source.become({ standing: 'follower' });
    else unknown(reason);
  }
  function unknown(reason: UnknownReason = 'unreachable'): void {
    requireReason(reason, UNKNOWN_REASONS);
    if (reason === 'closed') void leader.close();
    else source.become({ standing: 'unknown', reason });
  }
  return Object.assign(leader, { elect, demote, unknown });
}

function requireReason(reason: NotLeadingReason, reasons: readonly NotLeadingReason[]): void {
  if (!reasons.includes(reason)) throw invalidOption('reason', reason, `one of ${reasons.join(', ')}`);
}
