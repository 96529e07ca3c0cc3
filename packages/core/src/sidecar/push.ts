import { EventStream } from './event-stream.ts';
import { TokenBucket } from './token-bucket.ts';

/** So many events cause a request at once, and then one more each time this has passed (rule 10). */
const AT_ONCE = 10;
const NEXT_MS = 100;

/** Sends a request at each event of the sidecar's stream, as often as a token bucket allows. */
export class Push {
  readonly #ask: () => void;
  readonly #budget = new TokenBucket(AT_ONCE, NEXT_MS, performance.now());
  readonly #stream: EventStream;
  #timer: NodeJS.Timeout | undefined;

  constructor(eventsUrl: URL, ask: () => void) {
    this.#ask = ask;
    this.#stream = new EventStream(eventsUrl, () => this.#onEvent());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stream.close();
  }

  #onEvent(): void {
    if (this.#timer !== undefined) return;
    const delayMs = this.#budget.take(performance.now());
    if (delayMs === 0) return this.#ask();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onEvent();
    }, Math.ceil(delayMs)).unref();
  }
}
