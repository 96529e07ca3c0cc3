import type { ClusterLeaderStatus, ClusterLeader, LeaderStatus, Standing, UnknownReason } from '@cluster-leader/core';

export interface HealthOptions {
  /** Whether it is `down` while it is not known who leads. Default false: a replica without a sidecar serves requests. */
  readonly requireKnown?: boolean;
}

/** What a health endpoint shows of the election. */
export interface ClusterLeaderHealth {
  readonly status: 'up' | 'down';
  readonly standing: Standing;
  /** The leader's name in the newest answer; an old sidecar names a stale one on followers. */
  readonly leader?: string;
  /** How long ago the newest answer was asked for. */
  readonly ageMs?: number;
  /** Why the standing is unknown. */
  readonly reason?: UnknownReason;
}

/**
 * Shows a health endpoint how this pod stands. A follower is healthy; readiness must never depend on leading.
 *
 * It fits Terminus, and imports nothing of it.
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

  /** Returns the health under `key`. No I/O: it goes by what is known. */
  check(
    key: string = 'clusterLeader',
    { requireKnown = false }: HealthOptions = {},
  ): Record<string, ClusterLeaderHealth> {
    const { standing, reason, leader, ageMs }: LeaderStatus & Partial<ClusterLeaderStatus> = this.#leader.status();
    const health: ClusterLeaderHealth = {
      status: requireKnown && standing === 'unknown' ? 'down' : 'up',
      standing,
      ...(leader !== undefined && { leader }),
      ...(ageMs !== undefined && { ageMs }),
      ...(reason !== undefined && { reason }),
    };
    return { [key]: health };
  }
}
