import type { DatedAnswer, ElectorClient } from '@cluster-leader/core';
import { readClock } from '../../packages/core/src/belief/clock.ts';
import { ElectorError } from '../../packages/core/src/sidecar/elector-error.ts';
import { claimOf, type Observation } from '../../packages/core/src/belief/observation.ts';
import { answersIn, type Failure } from './belief-from-history.ts';

/** What the sidecar does with a question, and how long it takes: names this pod, another or nobody, or fails. */
export interface Mood {
  /** Whether the client says that a check had better not wait. */
  readonly isBroken: boolean;
  readonly does: 'self' | 'other' | 'none' | 'refuse' | 'invalid';
  readonly afterMs: number;
}

const LIMIT_MS = 700;
/** A question that takes longer has met with silence at its first attempt. */
const ATTEMPT_MS = 350;
const NAMES = { self: 'self', other: 'other', none: '' };

/** A sidecar whose pod is called `self`; it does whatever it is told to, and remembers what came of all questions. */
export class ArbitrarySidecar implements ElectorClient {
  mood: Mood = { does: 'none', afterMs: 1, isBroken: false };
  readonly history: (Observation | Failure)[] = [];
  questions = 0;
  /** Whether it was asked again since its newest answer. */
  isAskedAgain = false;

  get isBroken(): boolean {
    return this.mood.isBroken;
  }

  get answers(): readonly Observation[] {
    return answersIn(this.history);
  }

  ask(signal: AbortSignal): Promise<DatedAnswer> {
    this.questions += 1;
    const { does, afterMs } = this.mood;
    const askedAt = readClock();
    const question = this.questions;
    this.isAskedAgain = true;
    return new Promise((resolve, reject) => {
      const fail = (reason: Failure['reason'], wasSilent: boolean | undefined): void => {
        this.history.push({ reason, wasSilent });
        reject(new ElectorError(reason, does, { wasSilent }));
      };
      const settle = (): void => {
        signal.removeEventListener('abort', abort);
        const wasSilent = afterMs > ATTEMPT_MS ? true : undefined;
        if (afterMs >= LIMIT_MS) return fail('unreachable', true);
        if (does === 'refuse') return fail('unreachable', false);
        if (does === 'invalid') return fail('invalid-answer', wasSilent);
        const dated = { answer: { leader: NAMES[does] }, askedAt, answeredAt: readClock(), wasSilent };
        this.history.push({ ...dated, question, claim: claimOf(dated.answer, ['self']), leader: NAMES[does] });
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
