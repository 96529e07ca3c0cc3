import type { DatedAnswer, ElectorClient } from '@cluster-leader/core';
import { readClock } from '../../packages/core/src/belief/clock.ts';
import { ElectorError } from '../../packages/core/src/sidecar/elector-error.ts';
import { claimOf, type Observation } from '../../packages/core/src/belief/observation.ts';

/** What the sidecar does with a question, and how long it takes: names this pod, another or nobody, or fails. */
export interface Mood {
  /** Whether the client says that a check had better not wait. */
  readonly isBroken: boolean;
  readonly does: 'self' | 'other' | 'none' | 'refuse' | 'invalid';
  readonly afterMs: number;
}

const LIMIT_MS = 700;
const NAMES = { self: 'self', other: 'other', none: '' };

/** A sidecar whose pod is called `self`; it does whatever it is told to, and remembers what it has answered. */
export class ArbitrarySidecar implements ElectorClient {
  mood: Mood = { does: 'none', afterMs: 1, isBroken: false };
  readonly observations: Observation[] = [];
  questions = 0;
  /** Whether it was asked again since its newest answer. */
  isAskedAgain = false;

  get isBroken(): boolean {
    return this.mood.isBroken;
  }

  ask(signal: AbortSignal): Promise<DatedAnswer> {
    this.questions += 1;
    const { does, afterMs } = this.mood;
    const askedAt = readClock();
    this.isAskedAgain = true;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener('abort', abort);
        if (does === 'refuse' || afterMs >= LIMIT_MS) return reject(new ElectorError('unreachable', 'refused'));
        if (does === 'invalid') return reject(new ElectorError('invalid-answer', 'status 404'));
        const dated = { answer: { leader: NAMES[does] }, askedAt, answeredAt: readClock() };
        this.observations.push({ ...dated, claim: claimOf(dated.answer, ['self']), leader: NAMES[does] });
        this.isAskedAgain = false;
        return resolve(dated);
      };
      const timer = setTimeout(settle, Math.min(afterMs, LIMIT_MS));
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
