import { inspect } from 'node:util';
import { believed, confirm, fail, isClaim, judge, lapsesInMs, observe, type Belief } from '../belief/belief.ts';
import { ageMs, readClock, type Instant } from '../belief/clock.ts';
import { claimOf } from '../belief/observation.ts';
import { unknownReason, type Verdict } from '../belief/verdict.ts';
import type { LeadershipSource } from '../leadership/leadership-source.ts';
import { LockWatch, type LockStatus } from '../lock/lock-watch.ts';
import { EarliestTimer } from '../runtime/earliest-timer.ts';
import { inModuleContext } from '../runtime/module-context.ts';
import { pause, within } from '../runtime/patience.ts';
import type { HarmlessLogger } from '../settings/logger.ts';
import type { ResolvedOptions } from '../settings/options.ts';
import type { DatedAnswer, ElectorClient } from './elector-client.ts';
import { ElectorError } from './elector-error.ts';
import { Push } from './push.ts';

/** A leader that receives an answer without a name asks again after this share of the lease: 250 ms of 10 s (rule 3). */
const DOUBT_SHARE = 0.025;
const JITTER = 0.1;

/** The source's part of the leader's status. */
export interface SidecarStatus {
  readonly url: string;
  readonly identity: readonly string[];
  /** The leader's name in the newest answer; an old sidecar names a stale one on followers. */
  readonly leader?: string;
  /** How long ago the newest answer was requested, in milliseconds. */
  readonly ageMs?: number;
  /** How the last attempt failed, and what to do; absent once an answer has come. */
  readonly error?: string;
  /** What the lock record says; absent without the option `lockRecord`. */
  readonly lock?: LockStatus;
}

/** Asks the sidecar who leads: by polling, on demand, and at its events. It owns the timers. */
export class SidecarSource implements LeadershipSource {
  readonly #options: ResolvedOptions;
  readonly #client: ElectorClient;
  readonly #logger: HarmlessLogger;
  readonly #lock: LockWatch | undefined;
  #onChange: (now?: Instant) => void = () => {};
  #belief: Belief = {};
  #error: ElectorError | undefined;
  #isWatching = false;
  #isClosed = false;
  #push: Push | undefined;
  /** The request under way, with the second one that a doubt takes; resolves whether it was answered. */
  #question: Promise<boolean> | undefined;
  /** The first answer to it. */
  #answer: Promise<boolean> | undefined;
  #questions = 0;
  #askAgain = false;
  #pollTimer: NodeJS.Timeout | undefined;
  readonly #lapse = new EarliestTimer(() => this.#notice());
  readonly #closing = new AbortController();

  constructor(options: ResolvedOptions, client: ElectorClient, logger: HarmlessLogger) {
    this.#options = options;
    this.#client = client;
    this.#logger = logger;
    const { lock } = options;
    this.#lock = lock && new LockWatch(lock.reader, lock.rules, logger, () => this.#noticeRecord());
  }

  judge(now: Instant): Verdict {
    const claim = judge(this.#belief, now, this.#options.timing);
    return this.#lock !== undefined && isClaim(claim) ? this.#lock.judge(claim, now) : claim;
  }

  fencingToken(): bigint | undefined {
    return this.#lock?.fencingToken(readClock());
  }

  watch(onChange: (now?: Instant) => void): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#onChange = onChange;
    inModuleContext(() => {
      this.#poll();
      const { eventsUrl } = this.#options;
      if (eventsUrl !== undefined) this.#push = new Push(eventsUrl, () => this.#askSoon());
    });
  }

  async check(maxAgeMs: number | undefined, signal?: AbortSignal): Promise<void> {
    const calledAt = readClock();
    await this.#checkSidecar(maxAgeMs, calledAt, signal);
    const lock = this.#lock;
    if (lock === undefined || this.#isClosed) return;
    const isFresh = maxAgeMs === 0;
    if (isFresh || unknownReason(this.judge(readClock())) === 'unconfirmed') {
      await within(this.#remainingMs(calledAt), signal, () => lock.check(isFresh));
    }
  }

  async #checkSidecar(maxAgeMs: number | undefined, calledAt: Instant, signal?: AbortSignal): Promise<void> {
    const { timing } = this.#options;
    const asked = this.#questions;
    const boundMs = Math.min(maxAgeMs ?? timing.maxAgeMs, timing.maxAgeMs);
    const isAnswered = (): boolean => {
      const known = believed(this.#belief);
      if (known === undefined) return false;
      const age = ageMs(known.askedAt, calledAt);
      return known.question > asked || (age >= 0 && age < boundMs);
    };
    if (this.#isClosed || isAnswered() || this.#client.isBroken) return;
    if (this.#question === undefined && signal === undefined) {
      void this.#ask(true);
      await this.#answer; // which the client bounds, so that no limit around it is needed
      if (this.#belief.doubted === undefined) return;
    }
    await within(this.#remainingMs(calledAt), signal, async (isOver) => {
      // The answer to a request that was sent before the call may be too old for it: then one more is sent.
      for (let questions = 0; questions < 2 && !isOver() && !this.#isClosed && !isAnswered(); questions += 1) {
        if (!(await this.#ask())) return;
      }
    });
  }

  /** How much of the limit of a check remains. */
  #remainingMs(calledAt: Instant): number {
    return this.#options.timing.checkTimeoutMs - (performance.now() - calledAt.monotonicMs);
  }

  /** The leader's name in the newest answer, unless that is too old or names nobody. */
  get leaderName(): string | undefined {
    const { newest } = this.#belief;
    if (newest === undefined || this.#isClosed) return undefined;
    const age = ageMs(newest.askedAt, readClock());
    return age >= 0 && age < this.#options.timing.maxAgeMs ? newest.leader || undefined : undefined;
  }

  status(): SidecarStatus {
    const { url, identity } = this.#options;
    const { newest } = this.#belief;
    return {
      url: url.href,
      identity,
      ...(newest?.leader && { leader: newest.leader }),
      ...(newest && { ageMs: Math.round(ageMs(newest.askedAt, readClock())) }),
      ...(this.#error && { error: this.#error.message }),
      ...(this.#lock && { lock: this.#lock.status() }),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#pollTimer);
    this.#lapse.clear();
    this.#closing.abort();
    this.#push?.close();
    await Promise.all([this.#client.close(), this.#lock?.close()]);
  }

  #poll(): void {
    this.#askSoon();
    const { pollIntervalMs } = this.#options.timing;
    const delayMs = pollIntervalMs * (1 - JITTER + 2 * JITTER * Math.random());
    this.#pollTimer = setTimeout(() => this.#poll(), delayMs).unref();
  }

  /** An answer that is under way may be older than what made it ask, hence a second request after it. */
  #askSoon(): void {
    if (this.#isClosed) return;
    if (this.#question === undefined) void this.#ask();
    else this.#askAgain = true;
  }

  /** One request at a time: callers who come while it is under way share its answer. */
  #ask(keepsAlive = false): Promise<boolean> {
    if (this.#question !== undefined) return this.#question;
    this.#answer = inModuleContext(() => this.#askOnce(keepsAlive));
    this.#question = this.#untilSure(this.#answer).finally(() => {
      this.#question = undefined;
      if (this.#askAgain && !this.#isClosed) void this.#ask();
      this.#askAgain = false;
    });
    return this.#question;
  }

  /** Asks a second time after an answer without a name, since only the second one demotes a leader (rule 3). */
  async #untilSure(answer: Promise<boolean>): Promise<boolean> {
    const isAnswered = await answer;
    if (this.#belief.doubted === undefined || this.#isClosed) return isAnswered;
    await pause(DOUBT_SHARE * this.#options.timing.leaseDurationMs, this.#closing.signal);
    return this.#askOnce(false);
  }

  async #askOnce(keepsAlive: boolean): Promise<boolean> {
    await Promise.resolve(); // All who call in this tick have called before the request is sent.
    if (this.#isClosed) return false;
    this.#questions += 1;
    const question = this.#questions;
    try {
      this.#observe(question, await this.#client.ask(this.#closing.signal, keepsAlive));
      return true;
    } catch (cause) {
      if (this.#isClosed) return false;
      this.#fail(cause instanceof ElectorError ? cause : new ElectorError('unreachable', inspect(cause), { cause }));
      return false;
    }
  }

  #observe(question: number, { answer, askedAt, answeredAt, wasSilent }: DatedAnswer): void {
    const { identity, timing } = this.#options;
    // If the belief lapsed before this answer came, the term has ended, even if the answer says the same again.
    this.#followClaim(answeredAt);
    this.#onChange(answeredAt);
    const claim = claimOf(answer, identity);
    const observation = { question, askedAt, answeredAt, claim, leader: answer.leader, wasSilent };
    this.#belief = observe(this.#belief, observation, timing);
    this.#error = undefined;
    // Too old on arrival to wait for the next poll, for example because the event loop is busy (rule 6).
    if (ageMs(askedAt, answeredAt) >= timing.pollIntervalMs) this.#askAgain = true;
    this.#notice();
  }

  #fail(error: ElectorError): void {
    if (this.#error === undefined) {
      this.#logger.warn(`The sidecar gives no answer. ${error.message}${this.#options.hint}`);
    }
    this.#error = error;
    this.#belief = fail(this.#belief, error.reason, error.wasSilent);
    this.#notice();
  }

  #noticeRecord(): void {
    if (this.#lock?.confirms(readClock())) this.#belief = confirm(this.#belief);
    this.#notice();
  }

  #followClaim(now: Instant): void {
    this.#lock?.follow(!this.#isClosed && isClaim(judge(this.#belief, now, this.#options.timing)));
  }

  /** Reports a change now, and again when what is believed lapses. */
  #notice(): void {
    this.#followClaim(readClock());
    const now = readClock(); // listeners may have taken their time since the answer came
    this.#onChange(now);
    if (this.#isClosed) return;
    this.#lapse.setWithin(lapsesInMs(this.#belief, now, this.#options.timing), now.monotonicMs);
    if (this.#lock !== undefined) this.#lapse.setWithin(this.#lock.lapsesInMs(now), now.monotonicMs);
  }
}
