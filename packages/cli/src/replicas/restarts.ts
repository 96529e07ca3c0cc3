const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 30_000;
/** After a run of this length the next restart is immediate again. */
const GOOD_RUN_MS = 60_000;

/**
 * Plans the restarts of one replica.
 *
 * As with a kubelet, the first restart is immediate, and each following delay is twice the one before, until a run was
 * long enough. The delays are a tenth of a kubelet's, because a user waits for them.
 */
export class Restarts {
  #inARow = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `start` when the delay that follows a run of `ranForMs` is over. */
  plan(ranForMs: number, start: () => void): void {
    if (ranForMs >= GOOD_RUN_MS) this.#inARow = 0;
    const delayMs = this.#inARow === 0 ? 0 : Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#inARow - 1));
    this.#inARow += 1;
    this.#timer = setTimeout(start, delayMs);
  }

  /** Cancels the planned restart, if there is one. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  /** Makes the next restart immediate. */
  forget(): void {
    this.#inARow = 0;
  }
}
