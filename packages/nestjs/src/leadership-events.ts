import type { ClusterLeader, LeadershipEvents, Term } from '@cluster-leader/core';

/** Whom the events of a leader are told to. */
export interface LeadershipListener {
  readonly elected: (event: LeadershipEvents['elected']) => unknown;
  readonly demoted: (event: LeadershipEvents['demoted']) => unknown;
  readonly standing?: (event: LeadershipEvents['standing']) => unknown;
  readonly skipped?: (event: LeadershipEvents['skipped']) => unknown;
}

/** Listens from now on, and is told of a term that has begun before as well, as when somebody used the leader earlier. */
export function follow(leader: ClusterLeader, listener: LeadershipListener): void {
  let told: Term | undefined;
  const tellElected = ({ term }: LeadershipEvents['elected']): unknown => {
    if (told === term || term.signal.aborted) return undefined;
    told = term;
    return listener.elected({ term });
  };
  leader.on('elected', tellElected);
  leader.on('demoted', (event) => (told === event.term ? listener.demoted(event) : undefined));
  if (listener.standing !== undefined) leader.on('standing', listener.standing);
  if (listener.skipped !== undefined) leader.on('skipped', listener.skipped);
  if (leader.standing === 'leader') void leader.waitForLeadership().then((term) => tellElected({ term }));
}
