import type { LockRecord, LockRecordReader } from '@cluster-leader/core';
import { seededRandom } from '../virtual-time.ts';
import { handOversOf, recordAt, type ApiFault, type LockHistory, type TimedRecord } from './lock-history.ts';
import { LONGEST_TRIP_MS, refusal } from './recorded-sidecar.ts';

/** A watch event takes up to this many milliseconds to arrive. */
const LONGEST_EVENT_MS = 5;

/** The lock record as one pod's app can read it, in virtual time, through the faults of the recording. */
export class RecordedLock implements LockRecordReader {
  readonly #history: LockHistory;
  readonly #pod: string;
  /** Of its own, so that the sidecars of a replay do the same with the lock record and without it. */
  readonly #random = seededRandom(1_000 * performance.now());
  readonly #epochMs = Date.now() - performance.now();

  constructor(history: LockHistory, pod: string) {
    this.#history = history;
    this.#pod = pod;
  }

  /** Rejects if the API server refuses connections, and with the signal's reason when the signal aborts. */
  read(signal: AbortSignal): Promise<LockRecord | undefined> {
    const arrivesMs = performance.now() + this.#tripMs();
    const fault = this.#faultAt(arrivesMs);
    // What a black hole swallowed is sent again when it is healed.
    const answersMs = fault?.does === 'hangs' ? fault.toMs : arrivesMs;
    const lateMs = fault?.does === 'answers late' ? fault.byMs : 0;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const settle = (): void => {
        signal.removeEventListener('abort', abort);
        if (fault?.does === 'refuses') reject(refusal());
        else resolve(this.#dated(recordAt(this.#history, answersMs)));
      };
      const inMs = answersMs + lateMs + this.#tripMs() - performance.now();
      const timer = inMs < Infinity ? setTimeout(settle, inMs) : undefined;
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Reports each change of holder or object; one during an outage, when that is over. */
  watch(onChange: () => void): () => void {
    const timers = handOversOf(this.#history).flatMap(({ atMs }) => {
      const fault = this.#faultAt(atMs);
      const lateMs = fault?.does === 'answers late' ? fault.byMs : 0;
      const sentMs = fault === undefined || lateMs > 0 ? atMs + lateMs : fault.toMs;
      const inMs = sentMs + LONGEST_EVENT_MS * this.#random() - performance.now();
      return inMs > 0 && Number.isFinite(inMs) ? [setTimeout(onChange, inMs)] : [];
    });
    return () => timers.forEach((timer) => clearTimeout(timer));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #faultAt(atMs: number): ApiFault | undefined {
    return this.#history.faults.find(
      ({ fromMs, toMs, pod = this.#pod }) => fromMs <= atMs && atMs < toMs && pod === this.#pod,
    );
  }

  #dated(record: TimedRecord | undefined): LockRecord | undefined {
    if (record === undefined) return undefined;
    const { renewedAtMs, ...rest } = record;
    return renewedAtMs === undefined ? rest : { ...rest, renewedAt: new Date(this.#epochMs + renewedAtMs) };
  }

  #tripMs(): number {
    return 1 + (LONGEST_TRIP_MS / 2 - 1) * this.#random();
  }
}
