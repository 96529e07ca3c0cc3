import type { ClusterLeader, LeadershipEvents, Term } from '@cluster-leader/core';

/** Functions that receive the events of a leader. */
export interface LeadershipListener {
  readonly elected: (event: LeadershipEvents['elected']) => unknown;
  readonly demoted: (event: LeadershipEvents['demoted']) => unknown;
  readonly standing?: (event: LeadershipEvents['standing']) => unknown;
  readonly skipped?: (event: LeadershipEvents['skipped']) => unknown;
  readonly interrupted?: (event: LeadershipEvents['interrupted']) => unknown;
}

/**
 * Calls `listener` for every event from now on, and for the election of the present term.
 *
 * A term may have begun before, because the app used the leader in a constructor. Each term is reported to `elected`
 * once.
 */
export function follow(leader: ClusterLeader, listener: LeadershipListener): void {
  let reported: Term | undefined;
  const reportElected = ({ term }: LeadershipEvents['elected']): unknown => {
    if (reported === term || term.signal.aborted) return undefined;
    reported = term;
    return listener.elected({ term });
  };
  leader.on('elected', reportElected);
  leader.on('demoted', (event) => (reported === event.term ? listener.demoted(event) : undefined));
  if (listener.standing !== undefined) leader.on('standing', listener.standing);
  if (listener.skipped !== undefined) leader.on('skipped', listener.skipped);
  if (listener.interrupted !== undefined) leader.on('interrupted', listener.interrupted);
  if (leader.term !== undefined) reportElected({ term: leader.term });
}
