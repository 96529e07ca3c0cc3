import type { Handler } from '../handlers/handlers.ts';
import { hasLostGate, markOf } from '../handlers/marks.ts';
import { miswired } from '../miswired.ts';
import { isScheduled } from './schedule-internals.ts';

/** Throws ERR_MISWIRED if a scheduled method overrides a gated one without being gated itself. */
export function refuseUngatedOverrides(handlers: readonly Handler[]): void {
  for (const { instance, key, method, name } of handlers) {
    if (!isScheduled(method) || markOf(instance, key, 'everyReplica') || !hasLostGate(instance, key)) continue;
    const fix = 'Put @LeaderOnly() on the override too, or @EveryReplica() if it is meant to run on every replica.';
    throw miswired(`${name} overrides a method that is @LeaderOnly, but is not @LeaderOnly itself`, fix);
  }
}
