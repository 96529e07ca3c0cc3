const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 30_000;
/** A run that lasted so long shows that the next restart need not wait. */
const GOOD_RUN_MS = 60_000;

/**
 * How long a replica waits before its next restart, and how many restarts in a row that makes.
 *
 * As with a kubelet the first is at once, and each after it waits twice as long as the one before until a run was a good
 * one; the times are a tenth of a kubelet's, since somebody sits and waits.
 */
export function backOff(
  restartsBefore: number,
  ranForMs: number,
): { readonly delayMs: number; readonly restarts: number } {
  const restarts = ranForMs >= GOOD_RUN_MS ? 0 : restartsBefore;
  const delayMs = restarts === 0 ? 0 : Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (restarts - 1));
  return { delayMs, restarts: restarts + 1 };
}
