/** Calls a function once at the earliest of the times that were set since the last call. It does not keep the process alive. */
export class EarliestTimer {
  readonly #fire: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = Infinity;

  constructor(fire: () => void) {
    this.#fire = fire;
  }

  /** Sets a time, in milliseconds from `nowMs` on the monotonic clock; an earlier one that is set already stays. */
  setWithin(ms: number, nowMs: number): void {
    if (!Number.isFinite(ms) || this.#dueAtMs <= nowMs + ms) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = nowMs + ms;
    this.#timer = setTimeout(() => {
      this.#dueAtMs = Infinity;
      this.#fire();
    }, Math.ceil(ms)).unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#dueAtMs = Infinity;
  }
}
