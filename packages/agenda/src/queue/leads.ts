import type { ClusterLeader } from '@cluster-leader/core';

/** Returns `leader.isLeaderNow()`, or false if that throws because the standing is unknown (`onUnknown: 'throw'`). */
export function leads(leader: Pick<ClusterLeader, 'isLeaderNow'>): boolean {
  try {
    return leader.isLeaderNow();
  } catch {
    return false;
  }
}
