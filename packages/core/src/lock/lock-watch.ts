import { inspect } from 'node:util';
import { readClock, type Instant } from '../belief/clock.ts';
import type { Verdict } from '../belief/verdict.ts';
import { startLimit } from '../runtime/limit.ts';
import { inModuleContext } from '../runtime/module-context.ts';
import { withLimit } from '../runtime/patience.ts';
import type { HarmlessLogger } from '../settings/logger.ts';
import {
  beginClaim,
  confirmsForMs,
  failRecord,
  judgeClaim,
  observeRecord,
  recordAgeMs,
  type LockBelief,
  type LockRules,
  type Reading,
} from './lock-belief.ts';
import type { LockRecord, LockRecordReader } from './lock-record.ts';
import { warningOf } from './lock-warnings.ts';

/** While the sidecar claims this pod, the record is read at intervals of this share of the lease (lock rule 1). */
const READ_SHARE = 0.1;
/** The share of the lease that one reading may take. */
const LIMIT_SHARE = 0.5;
/** A slow API server must not starve the claim, so several questions may be under way at once. */
const MOST_IN_FLIGHT = 4;
const CLOSE_LIMIT_MS = 1_000;
/** The same failure is logged again after this time at the earliest. */
const WARN_AGAIN_MS = 60_000;
const MOST_WARNINGS = 100;

/** The lock record's part of the leader's status; what is not known is absent. */
export interface LockStatus {
  /** The object that is read, such as `Lease my-app in namespace default`. */
  readonly description?: string;
  /** The holder in the newest record that was read since the sidecar began to claim this pod. */
  readonly holder?: string;
  /** How old that record is, in milliseconds; absent as long as its age is unknown. */
  readonly ageMs?: number;
  /** The version of that record, in digits. */
  readonly version?: string;
  /** How the last attempt to read it failed, and what to do; absent once one has succeeded. */
  readonly error?: string;
}

/** Reads the lock record as long as the sidecar claims this pod. It owns the timers; a follower asks nothing. */
export class LockWatch {
  readonly #reader: LockRecordReader;
  readonly #rules: LockRules;
  readonly #logger: HarmlessLogger;
  readonly #onChange: () => void;
  #belief: LockBelief = {};
  #questions = 0;
  #claim: Claim | undefined;
  #error: string | undefined;
  readonly #warnings = new Set<string>();
  readonly #warnedAtMs = new Map<string, number>();

  /** `onChange` is called after every reading and every failure of the present claim. */
  constructor(reader: LockRecordReader, rules: LockRules, logger: HarmlessLogger, onChange: () => void) {
    this.#reader = reader;
    this.#rules = rules;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  /** Begins and ends reading with the sidecar's claim. What was read before a claim began does not confirm it. */
  follow(isClaimed: boolean): void {
    if (isClaimed === (this.#claim !== undefined)) return;
    if (!isClaimed) return this.#endClaim();
    this.#belief = beginClaim(this.#belief, this.#rules);
    const claim: Claim = { ending: new AbortController(), inFlight: 0 };
    this.#claim = claim;
    inModuleContext(() => {
      claim.firstReading = this.#poll(claim);
      this.#harmlessly(() => (claim.endWatch = this.#reader.watch?.(() => void this.#ask(claim))));
    });
  }

  /** Judges a claim of the sidecar by the record. */
  judge(claim: Verdict, now: Instant): Verdict {
    return judgeClaim(claim, this.#belief, now, this.#rules);
  }

  /** Whether the record itself confirms that this pod leads. */
  confirms(now: Instant): boolean {
    return confirmsForMs(this.#belief, now, this.#rules) > 0;
  }

  /** How long the record confirms from `now` on, in milliseconds; infinite if time alone changes nothing. */
  lapsesInMs(now: Instant): number {
    const ms = confirmsForMs(this.#belief, now, this.#rules);
    return this.#claim !== undefined && ms > 0 ? ms : Infinity;
  }

  /** The version of the record that confirms, if it does. */
  fencingToken(now: Instant): bigint | undefined {
    return this.confirms(now) ? this.#belief.newest?.record?.version : undefined;
  }

  /** Resolves once the present claim has been looked up, or at once if there is none. `isFresh` asks once more. Never rejects. */
  async check(isFresh: boolean): Promise<void> {
    const claim = this.#claim;
    if (claim === undefined) return;
    await (isFresh ? this.#askAfresh(claim) : claim.firstReading);
  }

  /** One question at a time, whatever else is under way: callers who come before it is sent share its answer. */
  #askAfresh(claim: Claim): Promise<void> {
    claim.nextFresh ??= (async () => {
      await claim.fresh;
      claim.nextFresh = undefined;
      claim.fresh = this.#ask(claim, Infinity);
      await claim.fresh;
    })();
    return claim.nextFresh;
  }

  get #object(): string {
    return this.#reader.description ?? 'the lock record';
  }

  status(): LockStatus {
    const { description } = this.#reader;
    const record = this.#belief.newest?.record;
    const age = recordAgeMs(this.#belief, readClock(), this.#rules);
    return {
      ...(description !== undefined && { description }),
      ...(record && { holder: record.holder, version: String(record.version) }),
      ...(Number.isFinite(age) && { ageMs: Math.round(age) }),
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  async close(): Promise<void> {
    this.#endClaim();
    await withLimit(this.#closeReader(), CLOSE_LIMIT_MS);
  }

  async #closeReader(): Promise<void> {
    try {
      await this.#reader.close();
    } catch (error) {
      this.#logger.warn(`The reader of the lock record could not be closed: ${wordsOf(error)}`);
    }
  }

  #endClaim(): void {
    const claim = this.#claim;
    if (claim === undefined) return;
    this.#claim = undefined;
    clearTimeout(claim.timer);
    claim.ending.abort();
    this.#harmlessly(() => claim.endWatch?.());
  }

  #poll(claim: Claim): Promise<void> {
    claim.timer = setTimeout(() => void this.#poll(claim), READ_SHARE * this.#rules.leaseDurationMs).unref();
    return this.#ask(claim);
  }

  async #ask(claim: Claim, mostInFlight: number = MOST_IN_FLIGHT): Promise<void> {
    if (claim !== this.#claim || claim.inFlight >= mostInFlight) return;
    claim.inFlight += 1;
    this.#questions += 1;
    const question = this.#questions;
    const askedAt = readClock();
    try {
      const record = await this.#read(claim.ending.signal);
      if (claim === this.#claim) this.#observe({ question, askedAt, answeredAt: readClock(), record });
    } catch (error) {
      if (claim === this.#claim) this.#fail(question, wordsOf(error));
    } finally {
      claim.inFlight -= 1;
    }
  }

  /** Bounds a reading also if the reader ignores its signal. */
  async #read(ending: AbortSignal): Promise<LockRecord | undefined> {
    const limitMs = LIMIT_SHARE * this.#rules.leaseDurationMs;
    const limit = new AbortController();
    const stop = startLimit(limitMs, () => limit.abort(new Error(`It was not answered within ${limitMs} ms.`)));
    const signal = AbortSignal.any([ending, limit.signal]);
    const { promise, reject } = Promise.withResolvers<never>();
    const end = (): void => reject(signal.reason);
    signal.addEventListener('abort', end);
    try {
      return await Promise.race([this.#reader.read(signal), promise]);
    } finally {
      stop();
      signal.removeEventListener('abort', end);
    }
  }

  #observe(reading: Reading): void {
    this.#belief = observeRecord(this.#belief, reading);
    this.#error = undefined;
    this.#warnOnce(warningOf(reading.record, this.#belief.version !== undefined, this.#rules, this.#object));
    this.#onChange();
  }

  #fail(question: number, error: string): void {
    if (this.#error !== error) this.#warnOfFailure(error);
    this.#error = error;
    this.#belief = failRecord(this.#belief, question);
    this.#onChange();
  }

  /** An API server that fails at times must not fill the log. */
  #warnOfFailure(error: string): void {
    const nowMs = performance.now();
    if (nowMs - (this.#warnedAtMs.get(error) ?? -Infinity) < WARN_AGAIN_MS) return;
    if (this.#warnedAtMs.size >= MOST_WARNINGS) this.#warnedAtMs.clear();
    this.#warnedAtMs.set(error, nowMs);
    this.#logger.warn(`Leader election: ${this.#object} cannot be read. ${error}`);
  }

  /** What somebody else's reader does must not keep a term from ending. */
  #harmlessly(use: () => unknown): void {
    try {
      use();
    } catch (error) {
      this.#warnOnce(`the watch of ${this.#object} has failed: ${wordsOf(error)}`);
    }
  }

  #warnOnce(warning: string | undefined): void {
    if (warning === undefined || this.#warnings.has(warning)) return;
    this.#warnings.add(warning);
    this.#logger.warn(`Leader election: ${warning}`);
  }
}

/** One unbroken claim of the sidecar, and what is asked about it. */
interface Claim {
  readonly ending: AbortController;
  inFlight: number;
  firstReading?: Promise<void>;
  /** The question that a fresh check asks, and the one that follows it. */
  fresh?: Promise<void>;
  nextFresh?: Promise<void> | undefined;
  timer?: NodeJS.Timeout;
  endWatch?: (() => void) | undefined;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error, { depth: 0 });
}
