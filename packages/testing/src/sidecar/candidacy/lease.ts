import { JITTER_FACTOR, type ElectionTiming } from '../election-timing.ts';

/** The one record that the candidates fight over. */
export interface Lease {
  /** Grows with every write; a write must name the version that it replaces. */
  readonly version: number;
  /** Who leads; empty if nobody does. */
  readonly holder: string;
  /** How often the holder has changed. */
  readonly transitions: number;
}

/** Whether `value` came over the wire as a lease. */
export function isLease(value: unknown): value is Lease {
  return isLeaseWrite(value) && 'transitions' in value && typeof value.transitions === 'number';
}

/** A wish to become the holder in place of `version`. */
export type LeaseWrite = Pick<Lease, 'version' | 'holder'>;

/** Whether `value` came over the wire as such a wish. */
export function isLeaseWrite(value: unknown): value is LeaseWrite {
  if (typeof value !== 'object' || value === null || !('version' in value && 'holder' in value)) return false;
  return typeof value.version === 'number' && typeof value.holder === 'string';
}

/** The lease as one candidate knows it, and when, by its own clock, it first saw it so. */
export interface ObservedLease {
  readonly lease: Lease;
  readonly atMs: number;
}

/** What is known of the lease once `lease` has been read at `nowMs`; the time moves only with the lease. */
export function observe(known: ObservedLease | undefined, lease: Lease, nowMs: number): ObservedLease {
  return known?.lease.version === lease.version ? known : { lease, atMs: nowMs };
}

/**
 * Whether `name` may write itself into the lease.
 *
 * Expiry counts from when the candidate saw the lease change, by its own clock; no time in the record is trusted. As in
 * client-go `startedAtMs` is when the try began, before the lease was read, so that an answer which was held up for long
 * does not make the lease look expired.
 */
export function mayTake(observed: ObservedLease, name: string, startedAtMs: number, timing: ElectionTiming): boolean {
  const { holder } = observed.lease;
  return holder === '' || holder === name || startedAtMs >= observed.atMs + timing.leaseDurationMs;
}

/** How long to wait before the next try to acquire, for a `random` number from 0 to 1. */
export function acquireDelayMs(timing: ElectionTiming, random: number): number {
  return timing.retryPeriodMs * (1 + random * JITTER_FACTOR);
}

/** One round of renewal: from the last success to the next, or to the deadline. */
export interface RenewalRound {
  readonly nextTryAtMs: number;
  readonly deadlineAtMs: number;
}

/**
 * The round that begins with a success at `nowMs`.
 *
 * The deadline counts from that success or, in programs built on a newer client-go, from the first try after it.
 */
export function beginRound(nowMs: number, timing: ElectionTiming, deadlineCountsFromTry: boolean): RenewalRound {
  const nextTryAtMs = nowMs + timing.retryPeriodMs;
  return { nextTryAtMs, deadlineAtMs: (deadlineCountsFromTry ? nextTryAtMs : nowMs) + timing.renewDeadlineMs };
}

/** When the next try of `round` is due: the one at the deadline is always made. */
export function wakeAtMs(round: RenewalRound): number {
  return Math.min(round.nextTryAtMs, round.deadlineAtMs);
}

/** One try of a round: when the program lay down to wait for it, and when it began. */
export interface Waking {
  readonly sleptFromMs: number;
  readonly nowMs: number;
}

/**
 * The round as it stands when a try begins, and whether that try is the last.
 *
 * A try that was due before the deadline and begins after it, a retry period late or more, was held up by a pause. Some
 * programs then start another whole deadline, others give up with this try.
 */
export function beginTry(
  round: RenewalRound,
  { sleptFromMs, nowMs }: Waking,
  timing: ElectionTiming,
  pauseRestartsDeadline: boolean,
): { readonly round: RenewalRound; readonly isLast: boolean } {
  const isLate = nowMs >= round.deadlineAtMs;
  const dueAtMs = Math.max(wakeAtMs(round), sleptFromMs);
  const wasPaused = isLate && dueAtMs < round.deadlineAtMs && nowMs - dueAtMs >= timing.retryPeriodMs;
  const nextTryAtMs = nowMs + timing.retryPeriodMs;
  if (wasPaused && pauseRestartsDeadline) {
    return { round: { nextTryAtMs, deadlineAtMs: nowMs + timing.renewDeadlineMs }, isLast: false };
  }
  return { round: { ...round, nextTryAtMs }, isLast: isLate };
}
