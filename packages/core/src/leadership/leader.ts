import { readClock, type Instant } from '../belief/clock.ts';
import { notLeadingReason, unknown, type NotLeadingReason, type Standing, type Verdict } from '../belief/verdict.ts';
import { invalidOption } from '../errors.ts';
import { RunTracker } from '../runtime/run-tracker.ts';
import { ownOptions, requireKnownOptions } from '../settings/known-options.ts';
import { defaultLogger, harmless, type Logger } from '../settings/logger.ts';
import { requireDuration } from '../settings/timing.ts';
import type {
  CheckOptions,
  CloseOptions,
  ClusterLeader,
  GateOptions,
  LeadershipEvents,
  LeaderStatus,
  RunDecision,
  RunOptions,
  RunResult,
  WaitOptions,
  WhileLeadingOptions,
} from './cluster-leader.ts';
import { Emitter } from './emitter.ts';
import { gate, interruptible, type OnInterrupted } from './gate.ts';
import type { LeadershipSource } from './leadership-source.ts';
import { LiveTerm } from './live-term.ts';
import { failsOpen, ON_UNKNOWN, showsAnswer, throwIfUnknown, type OnUnknown } from './on-unknown.ts';
import { GATE_MAX_AGE_MS, requireRunOptions } from './run-options.ts';
import type { Term } from './term.ts';
import { transition } from './terms.ts';
import { closedError, harmlessOnClose, nextTerm } from './wait-for-leadership.ts';
import { whileLeading, type TermLoop } from './while-leading.ts';

export interface LeaderOptions {
  /**
   * What `isLeader`, `isLeaderNow` and gates make of an unknown standing. Default `'follower'`: nothing runs.
   *
   * `'leader'` fails open, for idempotent work whose absence is worse than a duplicate. It needs one usable answer first,
   * and a closed leader never leads.
   */
  readonly onUnknown?: OnUnknown | undefined;
  /** Default: warnings only, by `process.emitWarning`. */
  readonly logger?: Logger | undefined;
  /** The name of the election in logs and in `status()`, for apps that take part in several. */
  readonly election?: string | undefined;
}

const CHECK_OPTIONS = ['maxAgeMs', 'signal'];
const WAIT_OPTIONS = ['signal', 'timeoutMs'];
const EVENTS = ['elected', 'demoted', 'standing', 'skipped', 'interrupted'];

/**
 * Makes terms, events, gates and waiting of what a {@link LeadershipSource} says.
 *
 * Every read re-evaluates: if the belief in the lead has expired, the term ends before the read returns (rule 7).
 */
export class Leader implements ClusterLeader {
  readonly #source: LeadershipSource;
  readonly #logger: ReturnType<typeof harmless>;
  readonly #onUnknown: OnUnknown;
  readonly #election: string | undefined;
  readonly #emitter: Emitter<LeadershipEvents>;
  readonly #tracker = new RunTracker();
  readonly #skips: Partial<Record<NotLeadingReason, number>> = {};
  readonly #onChange = (now?: Instant): void => void this.#advance(now);
  readonly #onInterrupted: OnInterrupted = (name, term, error) => {
    this.#logger.debug(`${name ?? 'A run'} was interrupted: ${String(error)}`);
    this.#emitter.queue('interrupted', { name, term, error });
    this.#emitter.deliver();
  };
  #seen: Verdict = unknown('not-asked');
  #term: LiveTerm | undefined;
  /** The term of all runs that go ahead without a known leader, until one is known. */
  #openTerm: LiveTerm | undefined;
  /** Whether a usable answer has come: before the first one nothing runs, whatever `onUnknown` is. */
  #wasAnswered = false;
  #elections = 0;
  #runs = 0;
  #isClosed = false;

  /** Throws ERR_INVALID_OPTION. */
  constructor(source: LeadershipSource, options: LeaderOptions = {}) {
    const { onUnknown = 'follower', logger = defaultLogger, election } = ownOptions(options);
    if (!ON_UNKNOWN.includes(onUnknown)) throw invalidOption('onUnknown', onUnknown, `'follower', 'throw' or 'leader'`);
    if (typeof logger !== 'object' || logger === null) {
      throw invalidOption('logger', logger, 'an object with methods such as debug, info and warn');
    }
    if (election !== undefined && (typeof election !== 'string' || election === '')) {
      throw invalidOption('election', election, 'a name that is not empty');
    }
    this.#source = source;
    this.#onUnknown = onUnknown;
    this.#logger = harmless(logger);
    this.#election = election;
    this.#emitter = new Emitter((error) => this.#logger.warn(`A listener of the leader has thrown: ${String(error)}`));
  }

  get standing(): Standing {
    return this.#look().standing;
  }

  get term(): Term | undefined {
    this.#look();
    return this.#term;
  }

  async isLeader(options?: CheckOptions): Promise<boolean> {
    if (options === undefined) {
      const { standing } = this.#look();
      if (standing !== 'unknown') return standing === 'leader'; // known, without a request (rule 9)
      await this.#source.check(undefined);
    } else {
      this.#watch();
      requireKnownOptions(options, CHECK_OPTIONS);
      const { maxAgeMs, signal } = options;
      if (maxAgeMs !== undefined && maxAgeMs !== 0) requireDuration('maxAgeMs', maxAgeMs, ', or 0');
      signal?.throwIfAborted();
      await this.#source.check(maxAgeMs, signal);
    }
    return this.#leads(this.#advance());
  }

  isLeaderNow(): boolean {
    return this.#leads(this.#look());
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
    return { ran: true, value: await this.#run(term, task, options) };
  }

  gate<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
    options: GateOptions = {},
  ): (this: This, ...args: Args) => Promise<T | undefined> {
    const gated = gate(this, fn, options, this.#onInterrupted);
    this.#look();
    return gated;
  }

  waitForLeadership(options: WaitOptions = {}): Promise<Term> {
    return harmlessOnClose(this.#waitForTerm(options));
  }

  async whileLeading(task: (term: Term) => unknown, options: WhileLeadingOptions = {}): Promise<void> {
    if (typeof task !== 'function') throw invalidOption('task', task, 'a function');
    const name = task.name || undefined;
    const loop: TermLoop = {
      waitForTerm: (signal) => this.#waitForTerm({ signal }),
      run: async (signal) => {
        this.#advance();
        const term = this.#term;
        if (term !== undefined) await this.#run(term, interruptible(task, name, this.#onInterrupted), { name, signal });
        return term;
      },
      isClosed: () => this.#isClosed,
    };
    return whileLeading(loop, options);
  }

  on<Name extends keyof LeadershipEvents>(
    name: Name,
    listener: (event: LeadershipEvents[Name]) => unknown,
  ): () => void {
    if (!EVENTS.includes(name)) throw invalidOption('event', name, `one of the events ${EVENTS.join(', ')}`);
    if (typeof listener !== 'function') throw invalidOption('listener', listener, 'a function');
    const remove = this.#emitter.on(name, listener);
    this.#watch();
    return remove;
  }

  async start(): Promise<Standing> {
    this.#watch();
    await this.#source.check(undefined);
    return this.#advance().standing;
  }

  status(): LeaderStatus {
    const verdict = this.#look();
    return {
      ...(this.#election !== undefined && { election: this.#election }),
      standing: verdict.standing,
      ...(verdict.standing === 'unknown' && { reason: verdict.reason }),
      ...(this.#term?.number !== undefined && { term: { number: this.#term.number, electedAt: this.#term.electedAt } }),
      runs: this.#runs,
      skips: { ...this.#skips },
      ...this.#source.status(),
    };
  }

  async close({ drainMs = 0 }: CloseOptions = {}): Promise<void> {
    if (drainMs !== 0) requireDuration('drainMs', drainMs, ', or 0');
    this.#isClosed = true;
    this.#advance();
    const [left] = await Promise.all([drainMs === 0 ? [] : this.#tracker.drain(drainMs), this.#source.close()]);
    if (left.length > 0) this.#logger.warn(`Still running ${drainMs} ms after close(): ${left.join(', ')}.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  #watch(): void {
    if (!this.#isClosed) this.#source.watch(this.#onChange);
  }

  #look(): Verdict {
    this.#watch();
    return this.#advance();
  }

  /** Re-evaluates the standing: ends and begins terms, then emits the events. */
  #advance(now?: Instant): Verdict {
    const verdict = this.#isClosed ? unknown('closed') : this.#source.judge(now ?? readClock());
    const previous = this.#seen;
    const change = transition(previous, verdict);
    if (change === undefined) return verdict;
    this.#seen = verdict;
    this.#wasAnswered ||= showsAnswer(verdict);
    const ended = change.endsTerm ? this.#term : undefined;
    const open = change.endsOpenRuns ? this.#openTerm : undefined;
    if (change.endsOpenRuns) this.#openTerm = undefined;
    this.#term = change.beginsTerm ? this.#newTerm((this.#elections += 1)) : undefined;

    if (ended !== undefined) this.#emitter.queue('demoted', { term: ended, reason: change.reason });
    if (this.#term !== undefined) this.#emitter.queue('elected', { term: this.#term });
    this.#emitter.queue('standing', { ...verdict, previous: previous.standing });
    this.#log(ended, change.reason);
    // Signals abort before any listener is called. What they run may read the standing again, hence the queue.
    ended?.end(change.reason);
    open?.end(change.reason);
    this.#emitter.deliver();
    return this.#seen;
  }

  #log(ended: Term | undefined, reason: NotLeadingReason): void {
    const where = this.#election === undefined ? '' : ` in ${this.#election}`;
    if (ended !== undefined)
      this.#logger.info(`This pod stepped down${where} (${reason}): term ${ended.number} has ended.`);
    if (this.#term !== undefined) this.#logger.info(`This pod was elected${where}: term ${this.#term.number} begins.`);
  }

  #newTerm(number: number | undefined): LiveTerm {
    return new LiveTerm(number, new Date(), () => this.#advance());
  }

  async #run<T>(term: LiveTerm, task: (term: Term) => T | PromiseLike<T>, options: RunOptions): Promise<T> {
    this.#runs += 1;
    return this.#tracker.track(options.name ?? 'a run', term.run(task, options.signal));
  }

  async #waitForTerm(options: WaitOptions): Promise<Term> {
    requireKnownOptions(options, WAIT_OPTIONS);
    if (options.timeoutMs !== undefined) requireDuration('timeoutMs', options.timeoutMs);
    options.signal?.throwIfAborted();
    this.#look();
    if (this.#isClosed) throw closedError();
    return this.#term ?? nextTerm(this, options);
  }

  async #prepare(options: RunOptions): Promise<void> {
    requireRunOptions(options);
    const { maxAgeMs = GATE_MAX_AGE_MS, signal } = options;
    this.#watch();
    if (maxAgeMs === Number.POSITIVE_INFINITY || signal?.aborted) return;
    try {
      await this.#source.check(maxAgeMs, signal);
    } catch (error) {
      if (!signal?.aborted) throw error; // else the run is skipped
    }
  }

  /** Why a run does not go ahead, if it does not: then the skip is reported. */
  #refusal({ name, signal }: RunOptions): NotLeadingReason | undefined {
    const verdict = this.#advance();
    if (!signal?.aborted && (verdict.standing === 'leader' || this.#failsOpen(verdict))) return undefined;
    const reason = signal?.aborted ? 'closed' : notLeadingReason(verdict);
    this.#skips[reason] = (this.#skips[reason] ?? 0) + 1;
    this.#logger.debug(`Skipped ${name ?? 'a run'}: ${reason}.`);
    this.#emitter.queue('skipped', { name, reason });
    this.#emitter.deliver();
    if (!signal?.aborted) throwIfUnknown(verdict, this.#onUnknown);
    return reason;
  }

  #leads(verdict: Verdict): boolean {
    throwIfUnknown(verdict, this.#onUnknown);
    return verdict.standing === 'leader' || this.#failsOpen(verdict);
  }

  #failsOpen(verdict: Verdict): boolean {
    return failsOpen(verdict, this.#onUnknown, this.#wasAnswered);
  }
}
