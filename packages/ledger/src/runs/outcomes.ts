import { inModuleContext } from '@cluster-leader/core/adapter-kit';
import type { Holder, RunEnd } from '../store/records.ts';
import { retryPauseMs } from '../store/retry.ts';
import type { StoreLink } from '../store/store-link.ts';

interface Outcome {
  readonly end: RunEnd;
  /** Called once the store knows it. */
  onRecorded(): void;
}

/** Records how runs ended: those of one turn of the event loop at once, and again until the store has answered (ledger rule 18). */
export class Outcomes {
  readonly #link: StoreLink;
  readonly #holder: Holder;
  #pending: Outcome[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #flushing: Promise<void> | undefined;

  constructor(link: StoreLink, holder: Holder) {
    this.#link = link;
    this.#holder = holder;
  }

  record(end: RunEnd, onRecorded: () => void): void {
    this.#pending.push({ end, onRecorded });
    if (this.#pending.length === 1 && this.#timer === undefined) {
      inModuleContext(() => setImmediate(() => void this.flush()));
    }
  }

  /** Sends what is pending, and resolves once the store has answered, or has not in time. Never rejects. */
  async flush(): Promise<void> {
    if (this.#pending.length > 0) this.#flushing ??= this.#send().finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #send(): Promise<void> {
    this.stop();
    while (this.#pending.length > 0) {
      const outcomes = this.#pending;
      this.#pending = [];
      try {
        const ends = outcomes.map(({ end }) => end);
        await this.#link.call((store) => store.finish(this.#holder, ends));
        this.#failures = 0;
        for (const outcome of outcomes) outcome.onRecorded();
      } catch {
        this.#failures += 1;
        this.#pending = [...outcomes, ...this.#pending];
        this.#retry();
        break;
      }
    }
  }

  #retry(): void {
    inModuleContext(() => {
      this.#timer = setTimeout(() => void this.flush(), retryPauseMs(this.#failures)).unref();
    });
  }
}
