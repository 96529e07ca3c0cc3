import { ClusterLeaderError } from '@cluster-leader/core';
import type { Handler } from './handlers.ts';
import { hasLostGate, markOf } from './metadata.ts';
import { isScheduled } from './schedule-internals.ts';

/** Throws ERR_MISWIRED if a scheduled method overrides a gated one and has lost its gate by that. */
export function refuseUngatedOverrides(handlers: readonly Handler[]): void {
  for (const { instance, key, method, name } of handlers) {
    if (!isScheduled(method) || markOf(instance, key, 'everyReplica') || !hasLostGate(instance, key)) continue;
    const fix = 'Put @LeaderOnly() on the override as well, or @EveryReplica() if every replica is meant.';
    throw new ClusterLeaderError('ERR_MISWIRED', `${name} overrides a method that is @LeaderOnly, and is not. ${fix}`);
  }
}
