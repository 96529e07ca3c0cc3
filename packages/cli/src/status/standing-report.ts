import type { ClusterLeaderStatus, Standing } from '@cluster-leader/core';

/** One line about this pod's part in the election. */
export interface StandingReport {
  readonly at: string;
  readonly standing: Standing;
  /** Why the standing is unknown. */
  readonly reason?: string | undefined;
  /** The leader's name in the newest answer. */
  readonly leader?: string | undefined;
  readonly identity: readonly string[];
  /** Why the last attempt failed, and what to do. */
  readonly error?: string | undefined;
}

/** Makes the report of a status. */
export function reportOf(status: ClusterLeaderStatus, at: Date): StandingReport {
  const { standing, reason, leader, identity, error } = status;
  return { at: at.toISOString(), standing, reason, leader, identity, error };
}

/** Whether two reports are equal but for their time. */
export function isSameReport(one: StandingReport | undefined, other: StandingReport): boolean {
  return one?.standing === other.standing && one.reason === other.reason && one.leader === other.leader;
}

/** A report in words, without its time. */
export function inWords({ standing, reason, leader, identity, error }: StandingReport): string {
  if (standing === 'leader') return `leader: ${leader ?? identity[0]} leads, which is this pod`;
  if (standing === 'follower')
    return `follower: ${leader ?? 'another pod'} leads, this pod is ${identity.join(' or ')}`;
  return [`unknown: ${reason}`, error].filter((part) => part !== undefined).join('. ');
}
