import type { Standing, UnknownReason, Verdict } from './belief.ts';
import { readClock, type Instant } from './clock.ts';
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
import { ClusterLeaderError, invalidOption } from './errors.ts';
import { defaultLogger, harmless, type Logger } from './logger.ts';
import { LiveTerm, runInTerm, type Term } from './term.ts';
import { duration } from './timing.ts';
import { closedError, nextTerm } from './wait-for-leadership.ts';

/** What checks and gates make of an unknown standing: nothing runs, an error is thrown, or work goes ahead. */
export type OnUnknown = 'follower' | 'throw' | 'leader';

export interface LeadershipOptions {
  /**
   * What `isLeader`, `isLeaderNow` and gates make of an unknown standing. Default `'follower'`: nothing runs.
   *
   * `'leader'` fails open, for idempotent work whose absence is worse than a duplicate. A closed leader never leads.
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

/** A gate that asks for nothing older checks once for all the jobs of one tick. */
const GATE_MAX_AGE_MS = 100;

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
  #isClosed = false;

  constructor(options: LeadershipOptions = {}) {
    if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
    const { onUnknown = 'follower', logger = defaultLogger } = options;
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

  async isLeader({ maxAgeMs, signal }: CheckOptions = {}): Promise<boolean> {
    this.watch();
    if (maxAgeMs !== undefined && maxAgeMs !== 0) duration('maxAgeMs', maxAgeMs, ', or 0');
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
    const span = this.#term ?? (this.#openTerm ??= this.#newTerm(undefined));
    const term = options.signal === undefined ? span : span.until(options.signal);
    this.#runs += 1;
    return { ran: true, value: await runInTerm(term, task) };
  }

  gate<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
    options: RunOptions = {},
  ): (this: This, ...args: Args) => Promise<T | undefined> {
    this.watch();
    // oxlint-disable-next-line typescript/no-this-alias -- the gated function needs its own `this`
    const leader = this;
    return async function gated(...args) {
      const result = await leader.runIfLeader(() => fn.apply(this, args), {
        ...options,
        name: options.name ?? (fn.name || undefined),
      });
      return result.ran ? result.value : undefined;
    };
  }

  async waitForLeadership(options: WaitOptions = {}): Promise<Term> {
    if (options.timeoutMs !== undefined) duration('timeoutMs', options.timeoutMs);
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

  async #prepare({ maxAgeMs = GATE_MAX_AGE_MS }: RunOptions): Promise<void> {
    this.watch();
    if (maxAgeMs === Number.POSITIVE_INFINITY) return;
    if (maxAgeMs !== 0) duration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
    await this.check(maxAgeMs);
  }

  /** Why a run does not go ahead, if it does not: then the skip is told. */
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
    return verdict.standing === 'unknown' && verdict.reason !== 'closed' && this.#onUnknown === 'leader';
  }
}

function unknownReason(verdict: Verdict): UnknownReason | undefined {
  return verdict.standing === 'unknown' ? verdict.reason : undefined;
}

/** Why a verdict is none to lead by; callers have seen that it is not. */
function reasonOf(verdict: Verdict): NotLeadingReason {
  return unknownReason(verdict) ?? 'follower';
}
