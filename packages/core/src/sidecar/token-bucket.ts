/** Limits a rate: a burst of `capacity`, then one more every `refillMs`. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #refillMs: number;
  #tokens: number;
  #countedAtMs: number;

  constructor(capacity: number, refillMs: number, nowMs: number) {
    this.#capacity = capacity;
    this.#refillMs = refillMs;
    this.#tokens = capacity;
    this.#countedAtMs = nowMs;
  }

  /** Takes a token and returns 0, or returns the time until the next one, in milliseconds. */
  take(nowMs: number): number {
    const refilled = this.#tokens + (nowMs - this.#countedAtMs) / this.#refillMs;
    this.#tokens = Math.min(this.#capacity, refilled);
    this.#countedAtMs = nowMs;
    if (this.#tokens < 1) return (1 - this.#tokens) * this.#refillMs;
    this.#tokens -= 1;
    return 0;
  }
}
