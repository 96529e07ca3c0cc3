import type { ClusterLeaderStatus, Standing } from '@cluster-leader/core';

/** What `status` and `watch` print: this pod's part in the election at one moment. */
export interface StandingReport {
  /** When the report was made, in ISO 8601. */
  readonly at: string;
  readonly standing: Standing;
  /** Why the standing is unknown. */
  readonly reason?: string | undefined;
  /** The leader's name in the newest answer. */
  readonly leader?: string | undefined;
  /** The names of this pod. */
  readonly identity: readonly string[];
  /** Why the last request failed, and what to do. */
  readonly error?: string | undefined;
}

/** Makes the report of a status. */
export function reportOf(status: ClusterLeaderStatus, at: Date): StandingReport {
  const { standing, reason, leader, identity, error } = status;
  return { at: at.toISOString(), standing, reason, leader, identity, error };
}

/** Whether two reports have the same standing, reason and leader. */
export function isSameReport(one: StandingReport | undefined, other: StandingReport): boolean {
  return one?.standing === other.standing && one.reason === other.reason && one.leader === other.leader;
}

/** Puts a report into words, without its time. */
export function inWords({ standing, reason, leader, identity, error }: StandingReport): string {
  if (standing === 'leader') return `leader: ${leader ?? identity[0]} leads, which is this pod`;
  if (standing === 'follower')
    return `follower: ${leader ?? 'another pod'} leads, this pod is ${identity.join(' or ')}`;
  return [`unknown: ${reason}`, error].filter((part) => part !== undefined).join('. ');
}
