import type { Lease } from '../../api-server/lease.ts';
import type { ElectionTiming } from '../election-timing.ts';

/** The lease as a candidate last read it, and when its own clock first saw this version. */
export interface ObservedLease {
  readonly lease: Lease;
  readonly atMs: number;
}

/** Returns the observation after `lease` was read at `nowMs`; an unchanged lease keeps its time. */
export function observe(known: ObservedLease | undefined, lease: Lease, nowMs: number): ObservedLease {
  return known?.lease.version === lease.version ? known : { lease, atMs: nowMs };
}

/**
 * Whether `name` may write itself into the lease.
 *
 * Expiry counts from when the candidate saw the lease change, by its own clock; no time in the record is trusted. As in
 * client-go, `startedAtMs` is when the try began, before the lease was read, so that a delayed response does not make
 * the lease look expired.
 */
export function mayTake(observed: ObservedLease, name: string, startedAtMs: number, timing: ElectionTiming): boolean {
  const { holder } = observed.lease;
  return holder === '' || holder === name || startedAtMs >= observed.atMs + timing.leaseDurationMs;
}
