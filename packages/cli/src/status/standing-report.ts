import type { ClusterLeaderStatus, LockStatus, Standing } from '@cluster-leader/core';

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
  /** The fencing token of this pod's term, in digits. */
  readonly fencingToken?: string | undefined;
  /** What the lock record says; absent unless `$CLUSTER_LEADER_LOCK` is set. */
  readonly lock?: LockStatus | undefined;
}

/** Makes the report of a status. */
export function reportOf(status: ClusterLeaderStatus, at: Date): StandingReport {
  const { standing, reason, leader, identity, error, term, lock } = status;
  const fencingToken = term?.fencingToken;
  return { at: at.toISOString(), standing, reason, leader, identity, error, fencingToken, lock };
}

/** Whether two reports have the same standing, reason, leader and fencing token. */
export function isSameReport(one: StandingReport | undefined, other: StandingReport): boolean {
  return (
    one?.standing === other.standing &&
    one.reason === other.reason &&
    one.leader === other.leader &&
    one.fencingToken === other.fencingToken
  );
}

/** Puts a report into words, without its time and its lock record. */
export function inWords({ standing, reason, leader, identity, error, fencingToken }: StandingReport): string {
  if (standing === 'leader') {
    const token = fencingToken === undefined ? '' : `, fencing token ${fencingToken}`;
    return `leader: ${leader ?? identity[0]} leads, which is this pod${token}`;
  }
  if (standing === 'follower')
    return `follower: ${leader ?? 'another pod'} leads, this pod is ${identity.join(' or ')}`;
  return [`unknown: ${reason}`, error].filter((part) => part !== undefined).join('. ');
}

/** Puts the lock record into words; it is read only while the sidecar names this pod. */
export function lockInWords({ description = 'the lock record', holder, ageMs, version, error }: LockStatus): string {
  const record =
    holder === undefined
      ? 'not read'
      : [
          holder === '' ? 'held by nobody' : `held by ${holder}`,
          ageMs === undefined ? 'of unknown age' : `${(ageMs / 1_000).toFixed(1)} s old`,
          `version ${version}`,
        ].join(', ');
  return `lock: ${description}, ${record}${error === undefined ? '' : `. The last reading failed: ${error}`}`;
}
