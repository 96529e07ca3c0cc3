import type {
  ClusterLeader,
  ClusterLeaderStatus,
  LeaderStatus,
  LockStatus,
  Standing,
  UnknownReason,
} from '@cluster-leader/core';

/** The options of `ClusterLeaderHealthIndicator.check()`. */
export interface HealthOptions {
  /**
   * Whether an unknown leader is reported as `down`. Default false: a replica without its sidecar still serves
   * requests.
   */
  readonly requireKnown?: boolean;
}

/** The health of this pod's part in the election. */
export interface ClusterLeaderHealth {
  readonly status: 'up' | 'down';
  readonly standing: Standing;
  /** The leader's name in the newest answer; on followers, old sidecars name a former leader. */
  readonly leader?: string;
  /** The time since the newest answer was requested, in milliseconds. */
  readonly ageMs?: number;
  /** Why the standing is unknown. */
  readonly reason?: UnknownReason;
  /** What the lock record says, if the option `lockRecord` is given. A follower does not read it. */
  readonly lock?: LockStatus;
}

/**
 * Reports this pod's standing to a health endpoint. A follower is healthy; readiness must never depend on leading.
 *
 * It works with @nestjs/terminus without importing it.
 *
 * @example
 * ```ts
 * health.check([() => indicator.check('clusterLeader')]);
 * ```
 */
export class ClusterLeaderHealthIndicator {
  readonly #leader: ClusterLeader;

  constructor(leader: ClusterLeader) {
    this.#leader = leader;
  }

  /** Returns the health under `key`, without I/O. */
  check(
    key: string = 'clusterLeader',
    { requireKnown = false }: HealthOptions = {},
  ): Record<string, ClusterLeaderHealth> {
    const status: LeaderStatus & Partial<ClusterLeaderStatus> = this.#leader.status();
    const { standing, reason, leader, ageMs, lock } = status;
    const health: ClusterLeaderHealth = {
      status: requireKnown && standing === 'unknown' ? 'down' : 'up',
      standing,
      ...(leader !== undefined && { leader }),
      ...(ageMs !== undefined && { ageMs }),
      ...(reason !== undefined && { reason }),
      ...(lock !== undefined && { lock }),
    };
    return { [key]: health };
  }
}
