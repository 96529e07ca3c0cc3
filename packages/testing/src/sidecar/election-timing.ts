/** The three durations of an election, in milliseconds. */
export interface ElectionTiming {
  /** How long a lease stays valid after a candidate last saw it change. */
  readonly leaseDurationMs: number;
  /** How long a leader keeps trying to renew before it stops leading. */
  readonly renewDeadlineMs: number;
  /** The time between two tries to acquire or renew. */
  readonly retryPeriodMs: number;
}

/** Upper bound of the jitter between two tries to acquire, in retry periods. The value is client-go's. */
export const JITTER_FACTOR = 1.2;

/** Returns the delay before the next try to acquire; `random` is from 0 to 1. */
export function acquireDelayMs(timing: ElectionTiming, random: number): number {
  return timing.retryPeriodMs * (1 + random * JITTER_FACTOR);
}
