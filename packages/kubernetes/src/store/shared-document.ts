import { inModuleContext, pause } from '@cluster-leader/core/adapter-kit';
import type { ConfigMap, ReadConfigMap } from './config-map.ts';
import { formatDocument, parseDocument, replaceDocument } from './document-text.ts';
import { formatWithinRoom } from './room.ts';
import type { RunDocument } from './run-document.ts';
import type { WriteBudget } from './write-budget.ts';

/** Reads or changes the document; if it throws, it has changed nothing. */
export type Verb<T> = (document: RunDocument, nowMs: number) => T;

interface Call {
  readonly calledAtMs: number;
  /** Applies the verb, and returns how to settle the call once the document is stored. */
  apply(document: RunDocument, nowMs: number): () => void;
  reject(error: unknown): void;
}

/** With the two seconds that the API server has for a write, no call takes effect later than 5 s after it was made. */
const SEND_WITHIN_MS = 3_000;
const ROUND_LIMIT_MS = 2_500;
const MOST_ATTEMPTS = 10;
const LONGEST_PAUSE_MS = 100;

/** The document that all replicas share. Calls that come together are one read and at most one write. */
export class SharedDocument {
  readonly #configMap: ConfigMap;
  readonly #budget: WriteBudget;
  #waiting: Call[] = [];
  #isBusy = false;

  constructor(configMap: ConfigMap, budget: WriteBudget) {
    this.#configMap = configMap;
    this.#budget = budget;
  }

  /** Resolves with the verb's result once its change is stored. */
  call<T>(verb: Verb<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        calledAtMs: performance.now(),
        reject,
        apply(document, nowMs) {
          try {
            const value = verb(document, nowMs);
            return () => resolve(value);
          } catch (error) {
            return () => reject(error);
          }
        },
      });
      if (!this.#isBusy) void inModuleContext(() => this.#serve());
    });
  }

  async #serve(): Promise<void> {
    this.#isBusy = true;
    // The calls of one tick belong together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const calls = this.#waiting;
      this.#waiting = [];
      const limit = new AbortController();
      const expire = (): void => limit.abort(new Error(`The API server has not answered within ${ROUND_LIMIT_MS} ms.`));
      const timer = setTimeout(expire, ROUND_LIMIT_MS);
      try {
        await this.#round(calls, limit.signal);
      } catch (error) {
        for (const call of calls) call.reject(error);
      } finally {
        clearTimeout(timer);
      }
    }
    this.#isBusy = false;
  }

  async #round(calls: readonly Call[], signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const settlers = await this.#attempt(calls, signal);
      if (settlers !== undefined) {
        for (const settle of settlers) settle();
        return;
      }
      await pause(Math.random() * LONGEST_PAUSE_MS, signal, true);
      if (signal.aborted) throw signal.reason;
    }
    throw new Error(
      `${this.#configMap.description} was changed by others during ${MOST_ATTEMPTS} attempts to write it.`,
    );
  }

  /** Resolves with undefined if another process wrote in between. */
  async #attempt(calls: readonly Call[], signal: AbortSignal): Promise<(() => void)[] | undefined> {
    const read = await this.#configMap.read(signal);
    const document = this.#parse(read);
    const before = JSON.stringify(formatDocument(document));
    const settlers = calls.map((call) => call.apply(document, read.nowMs));
    if (JSON.stringify(formatDocument(document)) === before) return settlers;
    const data = replaceDocument(read.data, formatWithinRoom(document, read.nowMs));
    // The event loop may have been blocked since the calls were made.
    if (calls.some(({ calledAtMs }) => performance.now() - calledAtMs > SEND_WITHIN_MS)) {
      throw new Error('This process was too busy to write in time. Nothing was written.');
    }
    this.#budget.spend(performance.now());
    return (await this.#configMap.write(read, data, signal)) ? settlers : undefined;
  }

  #parse({ data }: ReadConfigMap): RunDocument {
    try {
      return parseDocument(data);
    } catch (cause) {
      throw new Error(
        `${this.#configMap.description} does not hold runs that this version can read. Restore it, or delete it to begin anew.`,
        { cause },
      );
    }
  }
}
