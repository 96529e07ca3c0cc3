import { readClock } from '../clock.ts';
import type { DatedAnswer, ElectorClient } from '../elector-client.ts';
import { ElectorError } from '../elector-error.ts';

/** What the sidecar does when it is asked: names this pod, another or nobody, or gives no usable answer. */
export type Reply = 'self' | 'other' | 'none' | 'refused' | 'invalid' | 'hangs';

export const SELF = 'pod-a';
export const OTHER = 'pod-b';
/** How long a question hangs before it fails: a little less than the default `checkTimeoutMs`. */
export const HANG_MS = 1_900;

/** A sidecar on the clock of the test: gives the queued replies one by one, then `reply` for ever. */
export class ScriptedClient implements ElectorClient {
  reply: Reply;
  readonly queued: Reply[] = [];
  latencyMs = 0;
  isBroken = false;
  questions = 0;
  closes = 0;

  constructor(reply: Reply = 'self') {
    this.reply = reply;
  }

  async ask(signal: AbortSignal): Promise<DatedAnswer> {
    this.questions += 1;
    const askedAt = readClock();
    const reply = this.queued.shift() ?? this.reply;
    const latencyMs = reply === 'hangs' ? HANG_MS : this.latencyMs;
    if (latencyMs > 0) await elapsed(latencyMs, signal);
    if (reply === 'invalid') throw new ElectorError('invalid-answer', 'is no sidecar');
    if (reply === 'refused' || reply === 'hangs') throw new ElectorError('unreachable', 'could not be asked');
    const leader = { self: SELF, other: OTHER, none: '' }[reply];
    return { answer: { leader }, askedAt, answeredAt: readClock() };
  }

  async close(): Promise<void> {
    this.closes += 1;
  }
}

function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const abort = (): void => {
      clearTimeout(timer);
      reject(new ElectorError('unreachable', 'was given up'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
