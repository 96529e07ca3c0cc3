import type { Standing, UnknownReason, Verdict } from '../belief/belief.ts';
import { readClock, type Instant } from '../belief/clock.ts';
import type {
  CheckOptions,
  ClusterLeader,
  LeadershipEvents,
  NotLeadingReason,
  RunDecision,
  RunOptions,
  RunResult,
  WaitOptions,
} from './cluster-leader.ts';
import { Emitter } from './emitter.ts';
import { endedByLoss } from './ended-by-loss.ts';
import { ClusterLeaderError, invalidOption } from '../errors.ts';
import { ownOptions, requireKnownOptions } from '../settings/known-options.ts';
import { defaultLogger, harmless, type Logger } from '../settings/logger.ts';
import { LiveTerm, type Term } from './term.ts';
import { requireDuration } from '../settings/timing.ts';
import { closedError, harmlessOnClose, nextTerm } from './wait-for-leadership.ts';

/** What checks and gates make of an unknown standing: nothing runs, an error is thrown, or work goes ahead. */
export type OnUnknown = 'follower' | 'throw' | 'leader';

export interface LeadershipOptions {
  /**
   * What `isLeader`, `isLeaderNow` and gates make of an unknown standing. Default `'follower'`: nothing runs.
   *
   * `'leader'` fails open, for idempotent work whose absence is worse than a duplicate. It needs one usable answer first,
   * and a closed leader never leads.
   */
  readonly onUnknown?: OnUnknown | undefined;
  /** Default: warnings only, by `process.emitWarning`. */
  readonly logger?: Logger | undefined;
}

/** A plain object for health endpoints and logs. */
export interface LeadershipStatus {
  readonly standing: Standing;
  /** Why the standing is unknown. */
  readonly reason?: UnknownReason;
  /** The number of the present term, and when it began. */
  readonly term?: { readonly number: number; readonly electedAt: Date };
  /** How often gates ran and skipped work since the start, skips by their reason. */
  readonly runs: number;
  readonly skips: Readonly<Partial<Record<NotLeadingReason, number>>>;
}

/** A gate that accepts an answer of this age checks once for all the jobs of one tick. */
const GATE_MAX_AGE_MS = 100;
const RUN_OPTIONS = ['name', 'maxAgeMs', 'signal'];
const CHECK_OPTIONS = ['maxAgeMs', 'signal'];
const WAIT_OPTIONS = ['signal', 'timeoutMs'];
const EVENTS = ['elected', 'demoted', 'standing', 'skipped', 'interrupted'];
/** Reasons that only a sidecar that has answered can cause. */
const ANSWERED: ReadonlySet<UnknownReason> = new Set(['no-leader', 'settling', 'stale']);

/**
 * All that follows from a verdict: terms, events, gates and waiting. Extend it for another source of leadership.
 *
 * Whoever looks, notices: reading the standing when the belief in it has lapsed ends the term before it returns.
 */
export abstract class Leadership implements ClusterLeader {
  protected readonly logger: Logger;
  readonly #onUnknown: OnUnknown;
  readonly #emitter: Emitter<LeadershipEvents>;
  readonly #skips: Partial<Record<NotLeadingReason, number>> = {};
  /** The term of all runs that go ahead without a known leader, until one is known. */
  #openTerm: LiveTerm | undefined;
  #seen: Verdict = { standing: 'unknown', reason: 'not-asked' };
  #term: LiveTerm | undefined;
  #elections = 0;
  #runs = 0;
  /** Whether a usable answer has come: before the first one nothing runs, whatever `onUnknown` is. */
  #wasAnswered = false;
  #isClosed = false;

  constructor(options: LeadershipOptions = {}) {
    const { onUnknown = 'follower', logger = defaultLogger } = ownOptions(options);
    if (!['follower', 'throw', 'leader'].includes(onUnknown)) {
      throw invalidOption('onUnknown', onUnknown, `'follower', 'throw' or 'leader'`);
    }
    if (typeof logger !== 'object' || logger === null) {
      throw invalidOption('logger', logger, 'an object with methods such as debug, info and warn');
    }
    this.#onUnknown = onUnknown;
    this.logger = harmless(logger);
    this.#emitter = new Emitter((error) => this.logger.warn?.(`A listener of the leader has thrown: ${String(error)}`));
  }

  get standing(): Standing {
    this.watch();
    return this.advance().standing;
  }

  async isLeader(options: CheckOptions = {}): Promise<boolean> {
    requireKnownOptions(options, CHECK_OPTIONS);
    const { maxAgeMs, signal } = options;
    this.watch();
    if (maxAgeMs !== undefined && maxAgeMs !== 0) requireDuration('maxAgeMs', maxAgeMs, ', or 0');
    signal?.throwIfAborted();
    await this.check(maxAgeMs, signal);
    return this.#decide(this.advance());
  }

  isLeaderNow(): boolean {
    this.watch();
    return this.#decide(this.advance());
  }

  async shouldRun(options: RunOptions = {}): Promise<RunDecision> {
    await this.#prepare(options);
    const reason = this.#refusal(options);
    return reason === undefined ? { run: true } : { run: false, reason };
  }

  async runIfLeader<T>(task: (term: Term) => T | PromiseLike<T>, options: RunOptions = {}): Promise<RunResult<T>> {
    await this.#prepare(options);
    const reason = this.#refusal(options);
    if (reason !== undefined) return { ran: false, reason };
    const term = this.#term ?? (this.#openTerm ??= this.#newTerm(undefined));
    this.#runs += 1;
    return { ran: true, value: await term.run(task, options.signal) };
  }

  gate<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
    options: RunOptions = {},
  ): (this: This, ...args: Args) => Promise<T | undefined> {
    if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
    requireRunOptions(options);
    this.watch();
    const name = options.name ?? (fn.name || undefined);
    // oxlint-disable-next-line typescript/no-this-alias -- the gated function needs its own `this`
    const leader = this;
    return async function gated(...args) {
      const task = async (term: Term): Promise<T | undefined> => {
        try {
          return await fn.apply(this, args);
        } catch (error) {
          if (!endedByLoss(error, term)) throw error;
          leader.#reportInterrupted(name, term, error);
          return undefined;
        }
      };
      const result = await leader.runIfLeader(task, { ...options, name });
      return result.ran ? result.value : undefined;
    };
  }

  waitForLeadership(options: WaitOptions = {}): Promise<Term> {
    return harmlessOnClose(this.#waitForTerm(options));
  }

  async #waitForTerm(options: WaitOptions): Promise<Term> {
    requireKnownOptions(options, WAIT_OPTIONS);
    if (options.timeoutMs !== undefined) requireDuration('timeoutMs', options.timeoutMs);
    options.signal?.throwIfAborted();
    this.watch();
    this.advance();
    if (this.#isClosed) throw closedError();
    return this.#term ?? nextTerm(this, options);
  }

  on<Name extends keyof LeadershipEvents>(
    name: Name,
    listener: (event: LeadershipEvents[Name]) => unknown,
  ): () => void {
    if (!EVENTS.includes(name)) throw invalidOption('event', name, `one of the events ${EVENTS.join(', ')}`);
    if (typeof listener !== 'function') throw invalidOption('listener', listener, 'a function');
    const end = this.#emitter.on(name, listener);
    this.watch();
    return end;
  }

  /** Begins watching, and resolves with the first standing; `'unknown'` where there is none in time. Never rejects. */
  async start(): Promise<Standing> {
    this.watch();
    await this.check(undefined);
    return this.advance().standing;
  }

  status(): LeadershipStatus {
    this.watch();
    const verdict = this.advance();
    return {
      standing: verdict.standing,
      ...(verdict.standing === 'unknown' && { reason: verdict.reason }),
      ...(this.#term?.number !== undefined && { term: { number: this.#term.number, electedAt: this.#term.electedAt } }),
      runs: this.#runs,
      skips: { ...this.#skips },
    };
  }

  /** Ends terms, waiting, watching and sockets. Idempotent; the standing is unknown (closed) from the call on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.advance();
    await this.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The present term. */
  protected get term(): Term | undefined {
    this.advance();
    return this.#term;
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Judges what is known at `now`, without I/O. */
  protected abstract judge(now: Instant): Verdict;
  /** Begins watching where it has not begun. */
  protected abstract watch(): void;
  /** Tries to learn something no older than `maxAgeMs`; resolves in bounded time whether or not it could, and only a signal makes it reject. */
  protected abstract check(maxAgeMs: number | undefined, signal?: AbortSignal): Promise<void>;
  /** Lets go of timers and sockets. May be called again. */
  protected abstract release(): Promise<void>;

  /** Notices what has become of the standing: ends and begins terms, then tells the listeners. */
  protected advance(): Verdict {
    const verdict: Verdict = this.#isClosed ? { standing: 'unknown', reason: 'closed' } : this.judge(readClock());
    const previous = this.#seen;
    if (verdict.standing === previous.standing && unknownReason(verdict) === unknownReason(previous)) return verdict;
    this.#seen = verdict;
    this.#wasAnswered ||= verdict.standing !== 'unknown' || ANSWERED.has(verdict.reason);
    const leads = verdict.standing === 'leader';
    const reason = reasonOf(verdict);
    const ended = leads ? undefined : this.#term;
    this.#term = leads ? this.#newTerm((this.#elections += 1)) : undefined;

    if (ended !== undefined) this.#emitter.queue('demoted', { term: ended, reason });
    if (this.#term !== undefined) this.#emitter.queue('elected', { term: this.#term });
    this.#emitter.queue('standing', { ...verdict, previous: previous.standing });
    this.#log(ended, reason);
    // Signals abort before any listener hears of it; what runs on them may look again, hence the queue.
    ended?.end(reason);
    if (verdict.standing === 'follower' || this.#isClosed) {
      const open = this.#openTerm;
      this.#openTerm = undefined;
      open?.end(reason);
    }
    this.#emitter.deliver();
    return this.#seen;
  }

  #log(ended: Term | undefined, reason: NotLeadingReason): void {
    if (ended !== undefined) this.logger.info?.(`This pod stepped down (${reason}): term ${ended.number} has ended.`);
    if (this.#term !== undefined) this.logger.info?.(`This pod was elected: term ${this.#term.number} begins.`);
  }

  #newTerm(number: number | undefined): LiveTerm {
    return new LiveTerm(number, new Date(), () => this.advance());
  }

  async #prepare(options: RunOptions): Promise<void> {
    requireRunOptions(options);
    const { maxAgeMs = GATE_MAX_AGE_MS, signal } = options;
    this.watch();
    if (maxAgeMs === Number.POSITIVE_INFINITY || signal?.aborted) return;
    try {
      await this.check(maxAgeMs, signal);
    } catch (error) {
      if (!signal?.aborted) throw error; // else the run is skipped
    }
  }

  #reportInterrupted(name: string | undefined, term: Term, error: unknown): void {
    this.logger.debug?.(`${name ?? 'A run'} was interrupted: ${String(error)}`);
    this.#emitter.queue('interrupted', { name, term, error });
    this.#emitter.deliver();
  }

  /** Why a run does not go ahead, if it does not: then the skip is reported. */
  #refusal({ name, signal }: RunOptions): NotLeadingReason | undefined {
    const verdict = this.advance();
    if (!signal?.aborted && (verdict.standing === 'leader' || this.#isOpen(verdict))) return undefined;
    const reason = signal?.aborted ? 'closed' : reasonOf(verdict);
    this.#skips[reason] = (this.#skips[reason] ?? 0) + 1;
    this.logger.debug?.(`Skipped ${name ?? 'a run'}: ${reason}.`);
    this.#emitter.queue('skipped', { name, reason });
    this.#emitter.deliver();
    if (!signal?.aborted) this.#decide(verdict);
    return reason;
  }

  /** Whether a check says yes; throws where an unknown standing is to throw. */
  #decide(verdict: Verdict): boolean {
    if (verdict.standing === 'unknown' && this.#onUnknown === 'throw') {
      const message = `It is not known who leads (${verdict.reason}). status() tells what the sidecar answered last.`;
      throw new ClusterLeaderError('ERR_LEADER_UNKNOWN', message);
    }
    return verdict.standing === 'leader' || this.#isOpen(verdict);
  }

  /** Whether work goes ahead without a known leader. */
  #isOpen(verdict: Verdict): boolean {
    if (verdict.standing !== 'unknown' || this.#onUnknown !== 'leader') return false;
    return verdict.reason !== 'closed' && this.#wasAnswered;
  }
}

function requireRunOptions(options: RunOptions): void {
  requireKnownOptions(options, RUN_OPTIONS);
  const { maxAgeMs = 0, signal } = options;
  if (maxAgeMs !== 0 && maxAgeMs !== Number.POSITIVE_INFINITY)
    requireDuration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', signal, 'an AbortSignal');
  }
}

function unknownReason(verdict: Verdict): UnknownReason | undefined {
  return verdict.standing === 'unknown' ? verdict.reason : undefined;
}

/** Why a verdict is none to lead by; callers have seen that it is not. */
function reasonOf(verdict: Verdict): NotLeadingReason {
  return unknownReason(verdict) ?? 'follower';
}
