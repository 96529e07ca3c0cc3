import type { Transport, TransportResponse } from '@cluster-leader/core';
import type { Timing } from '@cluster-leader/core/adapter-kit';
import { answersOf, timingOf, type RecordedAnswer, type Recording } from './recording.ts';

/** A request to a sidecar on loopback takes from 2 to this many milliseconds, there and back. */
export const LONGEST_TRIP_MS = 20;

/** One pod's sidecar, which does in virtual time what was recorded of it. */
export class RecordedSidecar implements Transport {
  readonly recording: Recording;
  readonly timing: Timing;
  readonly #answers: readonly RecordedAnswer[];
  #present = 0;

  constructor(recording: Recording, pod: string) {
    this.recording = recording;
    this.timing = timingOf(recording);
    this.#answers = answersOf(recording, pod);
  }

  /** Rejects if the connection is refused, and with the signal's reason when the signal aborts. */
  request(signal?: AbortSignal): Promise<TransportResponse> {
    const thereMs = 1 + (LONGEST_TRIP_MS / 2 - 1) * Math.random();
    const backMs = 1 + (LONGEST_TRIP_MS / 2 - 1) * Math.random();
    const { answer, fromMs } = this.#answerTo(performance.now() + thereMs);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const settle = (): void => {
        signal?.removeEventListener('abort', abort);
        if ('status' in answer) resolve(answer);
        else reject(refusal());
      };
      const timer = 'hangs' in answer ? undefined : setTimeout(settle, fromMs + backMs - performance.now());
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Returns the answer to a request that arrives then, and its time: a request that hangs gets the next answer. */
  #answerTo(arrivesAtMs: number): { readonly answer: RecordedAnswer; readonly fromMs: number } {
    while ((this.#answers[this.#present + 1]?.atMs ?? Infinity) <= arrivesAtMs) this.#present += 1;
    const answer = this.#answers[this.#present];
    const next = this.#answers[this.#present + 1];
    if (answer === undefined) throw new Error('This pod is not in the recording.');
    if ('hangs' in answer && next !== undefined) return { answer: next, fromMs: next.atMs };
    return { answer, fromMs: arrivesAtMs };
  }
}

/** Returns the error of a connection that was refused. */
export function refusal(): Error {
  return Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
}
