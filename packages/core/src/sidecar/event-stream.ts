import { finished } from 'node:stream/promises';
// By its file: Bun replaces the bare name by an incomplete module of its own.
import { Client } from 'undici/index.js';
import { connectUnreferenced } from './sockets.ts';

const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 24_000;
/** Up to a quarter is added to each delay, so that replicas do not reconnect in step: 1 s to 30 s in all. */
const JITTER = 0.25;
/** After a stream that lasted this long, the delays start from the beginning. */
const GOOD_STREAM_MS = 30_000;
/** For the connection and the headers alone: there is no heartbeat, and a stream may be silent for days. */
const HEADERS_TIMEOUT_MS = 10_000;

/**
 * Listens to the sidecar's event stream over one connection, until it is closed.
 *
 * The content of events is not read: an event is only a reason to ask (rule 10). A stream that ends or fails is tried again
 * after growing delays, because nais never unregisters a subscriber: each attempt costs the sidecar memory.
 */
export class EventStream {
  readonly #url: URL;
  readonly #onEvent: () => void;
  readonly #closing = new AbortController();
  #delayMs = FIRST_DELAY_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: URL, onEvent: () => void) {
    this.#url = url;
    this.#onEvent = onEvent;
    void this.#listen();
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async #listen(): Promise<void> {
    const startedAtMs = performance.now();
    const client = new Client(this.#url.origin, {
      connect: connectUnreferenced(HEADERS_TIMEOUT_MS),
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: 0,
    });
    try {
      await this.#read(client);
    } catch {
      // Polling continues, and reports it if the sidecar is in trouble.
    }
    await client.destroy();
    if (this.#closing.signal.aborted) return;
    if (performance.now() - startedAtMs >= GOOD_STREAM_MS) this.#delayMs = FIRST_DELAY_MS;
    this.#timer = setTimeout(() => void this.#listen(), this.#delayMs * (1 + JITTER * Math.random())).unref();
    this.#delayMs = Math.min(LAST_DELAY_MS, 2 * this.#delayMs);
  }

  async #read(client: Client): Promise<void> {
    const { statusCode, headers, body } = await client.request({
      path: this.#url.pathname + this.#url.search,
      method: 'GET',
      headers: { accept: 'text/event-stream' },
      signal: this.#closing.signal,
    });
    // Most sidecars answer any path with 200 and JSON.
    if (statusCode !== 200 || !String(headers['content-type']).toLowerCase().startsWith('text/event-stream')) return;
    body.on('data', this.#onEvent);
    await finished(body);
  }
}
