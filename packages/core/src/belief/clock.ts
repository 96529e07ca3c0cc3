/** A point in time on both clocks, since either alone can mislead. */
export interface Instant {
  /** Milliseconds of a clock that never steps, but stops while a virtual machine is suspended. */
  readonly monotonicMs: number;
  /** Milliseconds since 1970 of a clock that goes on during suspension, but may step. */
  readonly wallMs: number;
}

/** Reads both clocks. */
export function readClock(): Instant {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/**
 * How long ago `then` was at `now`, in milliseconds, by the clock that says longer: a suspension shows on the wall
 * clock alone, and a step backwards must not make an old answer young. Negative if both clocks were set back.
 */
export function ageMs(then: Instant, now: Instant): number {
  return Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs);
}
