const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 30_000;
/** A run that lasted so long shows that the next restart need not wait. */
const GOOD_RUN_MS = 60_000;

/**
 * Brings one replica back, each time it has died.
 *
 * As with a kubelet the first restart is at once, and each after it waits twice as long as the one before until a run was
 * a good one; the times are a tenth of a kubelet's, since a user sits and waits.
 */
export class Restarts {
  #inARow = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `start` when it is time, after a run of `ranForMs`. */
  plan(ranForMs: number, start: () => void): void {
    if (ranForMs >= GOOD_RUN_MS) this.#inARow = 0;
    const delayMs = this.#inARow === 0 ? 0 : Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#inARow - 1));
    this.#inARow += 1;
    this.#timer = setTimeout(start, delayMs);
  }

  /** Takes back what is planned. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  /** Lets the next restart be at once again. */
  forget(): void {
    this.#inARow = 0;
  }
}
