import type { ElectionTiming } from '../election-timing.ts';

/** One round of renewal: from one success to the next, or to the deadline. */
export interface RenewalRound {
  readonly nextTryAtMs: number;
  readonly deadlineAtMs: number;
}

/**
 * Returns the round that begins with a success at `nowMs`.
 *
 * The deadline counts from that success or, in programs built on a newer client-go, from the first try after it.
 */
export function beginRound(nowMs: number, timing: ElectionTiming, deadlineCountsFromTry: boolean): RenewalRound {
  const nextTryAtMs = nowMs + timing.retryPeriodMs;
  return { nextTryAtMs, deadlineAtMs: (deadlineCountsFromTry ? nextTryAtMs : nowMs) + timing.renewDeadlineMs };
}

/** When the next try of `round` is due. There is always one at the deadline. */
export function wakeAtMs(round: RenewalRound): number {
  return Math.min(round.nextTryAtMs, round.deadlineAtMs);
}

/** The two ends of the sleep before a try. */
export interface Waking {
  readonly sleptFromMs: number;
  readonly nowMs: number;
}

/**
 * Returns the round after a try has begun, and whether that try is the last.
 *
 * A try that was due before the deadline but begins after it, at least a retry period late, was delayed by a pause of
 * the process. Some programs then allow themselves another full deadline, others give up after this try.
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
