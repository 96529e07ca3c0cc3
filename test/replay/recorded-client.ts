import type { DatedAnswer, ElectorClient, Instant } from '@cluster-leader/core';
import { parseAnswer, readAnswer } from '../../packages/core/src/belief/answer.ts';
import { ElectorError } from '../../packages/core/src/sidecar/elector-error.ts';
import type { RecordedSidecar } from './recorded-sidecar.ts';

export interface Limits {
  readonly requestTimeoutMs: number;
  readonly checkTimeoutMs: number;
}

/** Core's own limits for a lease of 10 s. */
export const USUAL_LIMITS: Limits = { requestTimeoutMs: 500, checkTimeoutMs: 2_000 };

const FAILURES_TO_BREAK = 5;

/** Asks a recorded sidecar as core's client asks over HTTP: attempts with a limit each, growing pauses, a circuit breaker. */
export class RecordedClient implements ElectorClient {
  readonly #sidecar: RecordedSidecar;
  readonly #limits: Limits;
  #failures = 0;

  constructor(sidecar: RecordedSidecar, limits: Limits = USUAL_LIMITS) {
    this.#sidecar = sidecar;
    this.#limits = limits;
  }

  get isBroken(): boolean {
    return this.#failures >= FAILURES_TO_BREAK;
  }

  async ask(signal: AbortSignal): Promise<DatedAnswer> {
    const end = limit(0.95 * this.#limits.checkTimeoutMs, signal);
    try {
      for (let backoffMs = 0.1 * this.#limits.requestTimeoutMs; ; backoffMs *= 2) {
        try {
          const answer = await this.#attempt(end.signal);
          this.#failures = 0;
          return answer;
        } catch (error) {
          this.#failures += 1;
          if (end.signal.aborted || (error instanceof ElectorError && error.reason === 'invalid-answer')) throw error;
        }
        const delayMs = Math.min(backoffMs, this.#limits.requestTimeoutMs);
        await pause(delayMs * (0.5 + 0.5 * Math.random()), end.signal);
      }
    } finally {
      end.clear();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #attempt(signal: AbortSignal): Promise<DatedAnswer> {
    const end = limit(this.#limits.requestTimeoutMs, signal);
    const askedAt = now();
    try {
      const { status, body } = await this.#sidecar.request(end.signal);
      const answeredAt = now();
      if (status !== 200) throw new ElectorError('invalid-answer', `answered with status ${status}`);
      return { answer: readAnswer(body, parseAnswer), askedAt, answeredAt };
    } finally {
      end.clear();
    }
  }
}

function now(): Instant {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** A signal that aborts with another one, or after some time where it is not cleared before. */
function limit(ms: number, outer: AbortSignal): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  outer.addEventListener('abort', abort);
  if (outer.aborted) abort();
  const clear = (): void => {
    clearTimeout(timer);
    outer.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, clear };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', abort);
    function end(): void {
      signal.removeEventListener('abort', abort);
      resolve();
    }
    function abort(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}
