const PERIOD_MS = 60_000;

/** Allows so many writes a minute, to spare the API server and etcd. */
export class WriteBudget {
  readonly #perMinute: number;
  #writtenAtMs: number[] = [];

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts a write at `nowMs`, or throws if there were too many in the minute before. */
  spend(nowMs: number): void {
    this.#writtenAtMs = this.#writtenAtMs.filter((atMs) => nowMs - atMs < PERIOD_MS);
    if (this.#writtenAtMs.length >= this.#perMinute) {
      throw new Error(
        `configMapStore() writes at most ${this.#perMinute} times a minute. Schedule fewer jobs, or give the ledger the store of a database.`,
      );
    }
    this.#writtenAtMs.push(nowMs);
  }
}
