import { answersOf, type RecordedAnswer, type Recording } from './recording.ts';

/** A question takes from 2 to this many milliseconds on loopback, there and back. */
export const LONGEST_TRIP_MS = 20;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One pod's sidecar, which does in virtual time what was recorded of it. */
export class RecordedSidecar {
  readonly #answers: readonly RecordedAnswer[];
  #present = 0;

  constructor(recording: Recording, pod: string) {
    this.#answers = answersOf(recording, pod);
  }

  /** Asks. Rejects where the connection is refused or reset, and with the signal's reason where that aborts. */
  request(signal?: AbortSignal): Promise<HttpAnswer> {
    const thereMs = 1 + (LONGEST_TRIP_MS / 2 - 1) * Math.random();
    const backMs = 1 + (LONGEST_TRIP_MS / 2 - 1) * Math.random();
    const { answer, fromMs } = this.#answerTo(performance.now() + thereMs);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const settle = (): void => {
        signal?.removeEventListener('abort', abort);
        if ('status' in answer) resolve(answer);
        else reject(new Error('refused'));
      };
      const timer = 'hangs' in answer ? undefined : setTimeout(settle, fromMs + backMs - performance.now());
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** What answers a question that arrives then, and when: one that hangs gets what comes after. */
  #answerTo(arrivesAtMs: number): { readonly answer: RecordedAnswer; readonly fromMs: number } {
    while ((this.#answers[this.#present + 1]?.atMs ?? Infinity) <= arrivesAtMs) this.#present += 1;
    const answer = this.#answers[this.#present];
    const next = this.#answers[this.#present + 1];
    if (answer === undefined) throw new Error('This pod is not in the recording.');
    if ('hangs' in answer && next !== undefined) return { answer: next, fromMs: next.atMs };
    return { answer, fromMs: arrivesAtMs };
  }
}
