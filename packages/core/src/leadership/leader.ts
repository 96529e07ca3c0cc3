import { readClock, type Instant } from '../belief/clock.ts';
import { notLeadingReason, unknown, type NotLeadingReason, type Standing, type Verdict } from '../belief/verdict.ts';
import { invalidOption } from '../errors.ts';
import { harmlessWhen } from '../runtime/harmless-rejection.ts';
import { RunTracker } from '../runtime/run-tracker.ts';
import { requireKnownOptions } from '../settings/known-options.ts';
import type { HarmlessLogger } from '../settings/logger.ts';
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
import { wrapsLoss } from './ended-by-loss.ts';
import { gate, interruptible, type OnInterrupted } from './gate.ts';
import type { LeadershipSource } from './leadership-source.ts';
import type { LiveTerm } from './live-term.ts';
import { resolveLeaderOptions, type LeaderOptions } from './leader-options.ts';
import { failsOpen, throwIfUnknown, type OnUnknown } from './on-unknown.ts';
import { GATE_MAX_AGE_MS, requireRunOptions, requireSignal } from './run-options.ts';
import type { Term } from './term.ts';
import { Terms } from './terms.ts';
import { closedError, harmlessOnClose, nextTerm } from './wait-for-leadership.ts';
import { whileLeading, type TermLoop } from './while-leading.ts';

const CHECK_OPTIONS = ['maxAgeMs', 'signal'];
const WAIT_OPTIONS = ['signal', 'timeoutMs'];
const CLOSE_OPTIONS = ['drainMs'];
const EVENTS = ['elected', 'demoted', 'standing', 'skipped', 'interrupted'];

/**
 * Makes terms, events, gates and waiting of what a {@link LeadershipSource} says.
 *
 * Every read re-evaluates: if the belief in the lead has expired, the term ends before the read returns (rule 7).
 */
export class Leader implements ClusterLeader {
  readonly #source: LeadershipSource;
  readonly #logger: HarmlessLogger;
  readonly #onUnknown: OnUnknown;
  readonly #election: string | undefined;
  readonly #emitter: Emitter<LeadershipEvents>;
  readonly #terms: Terms;
  readonly #tracker = new RunTracker();
  readonly #skips: Partial<Record<NotLeadingReason, number>> = {};
  readonly #onChange = (now?: Instant): void => void this.#terms.advance(now);
  readonly #onInterrupted: OnInterrupted = (name, term, error) => {
    this.#logger.debug(`${name ?? 'A run'} was interrupted: ${String(error)}`);
    this.#emitter.queue('interrupted', { name, term, error });
    this.#emitter.deliver();
  };
  #runs = 0;
  #isClosed = false;

  /** Throws ERR_INVALID_OPTION. */
  constructor(source: LeadershipSource, options: LeaderOptions = {}) {
    const { onUnknown, logger, election } = resolveLeaderOptions(options);
    this.#source = source;
    this.#onUnknown = onUnknown;
    this.#logger = logger;
    this.#election = election;
    this.#emitter = new Emitter((error) => this.#logger.warn(`A listener of the leader has thrown: ${String(error)}`));
    this.#terms = new Terms({
      judge: (now) => (this.#isClosed ? unknown('closed') : source.judge(now ?? readClock())),
      fencingToken: () => source.fencingToken?.(),
      emitter: this.#emitter,
    });
    const where = election === undefined ? '' : ` in ${election}`;
    this.#emitter.on('demoted', ({ term, reason }) =>
      logger.info(`This pod stepped down${where} (${reason}): term ${term.number} has ended.`),
    );
    this.#emitter.on('elected', ({ term }) => logger.info(`This pod was elected${where}: term ${term.number} begins.`));
  }

  get standing(): Standing {
    return this.#look().standing;
  }

  get term(): Term | undefined {
    this.#look();
    return this.#terms.present;
  }

  async isLeader(options?: CheckOptions): Promise<boolean> {
    if (options === undefined) {
      const { standing } = this.#look();
      if (standing !== 'unknown') return standing === 'leader'; // known, without a request (rule 9)
      await this.#source.check(undefined);
    } else {
      this.#watch();
      const { maxAgeMs, signal } = requireKnownOptions(options, CHECK_OPTIONS);
      requireSignal(signal);
      if (maxAgeMs !== undefined && maxAgeMs !== 0) requireDuration('maxAgeMs', maxAgeMs, ', or 0');
      signal?.throwIfAborted();
      await this.#source.check(maxAgeMs, signal);
    }
    return this.#leads(this.#terms.advance());
  }

  isLeaderNow(): boolean {
    return this.#leads(this.#look());
  }

  async shouldRun(options: RunOptions = {}): Promise<RunDecision> {
    const run = requireRunOptions(options);
    await this.#prepare(run);
    const reason = this.#refusal(run);
    return reason === undefined ? { run: true } : { run: false, reason };
  }

  runIfLeader<T>(task: (term: Term) => T | PromiseLike<T>, options: RunOptions = {}): Promise<RunResult<T>> {
    return harmlessWhen(this.#runIfLeader(task, options), wrapsLoss);
  }

  async #runIfLeader<T>(task: (term: Term) => T | PromiseLike<T>, options: RunOptions): Promise<RunResult<T>> {
    if (typeof task !== 'function') throw invalidOption('task', task, 'a function');
    const run = requireRunOptions(options);
    await this.#prepare(run);
    const reason = this.#refusal(run);
    if (reason !== undefined) return { ran: false, reason };
    const term = this.#terms.present ?? this.#terms.open;
    return { ran: true, value: await this.#run(term, task, run) };
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
        this.#terms.advance();
        const term = this.#terms.present;
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
    return this.#terms.advance().standing;
  }

  status(): LeaderStatus {
    const verdict = this.#look();
    const { present: term } = this.#terms;
    return {
      ...(this.#election !== undefined && { election: this.#election }),
      standing: verdict.standing,
      ...(verdict.standing === 'unknown' && { reason: verdict.reason }),
      ...(term?.number !== undefined && { term: termStatus(term.number, term) }),
      runs: this.#runs,
      skips: { ...this.#skips },
      ...this.#source.status(),
    };
  }

  async close(options: CloseOptions = {}): Promise<void> {
    this.#isClosed = true; // whatever the options are
    this.#terms.advance();
    const { drainMs = 0 } = requireKnownOptions(options, CLOSE_OPTIONS);
    if (drainMs !== 0) requireDuration('drainMs', drainMs, ', or 0');
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
    return this.#terms.advance();
  }

  async #run<T>(term: LiveTerm, task: (term: Term) => T | PromiseLike<T>, options: RunOptions): Promise<T> {
    this.#runs += 1;
    return this.#tracker.track(options.name ?? 'a run', term.run(task, options.signal));
  }

  async #waitForTerm(options: WaitOptions): Promise<Term> {
    const own = requireKnownOptions(options, WAIT_OPTIONS);
    requireSignal(own.signal);
    if (own.timeoutMs !== undefined) requireDuration('timeoutMs', own.timeoutMs);
    own.signal?.throwIfAborted();
    this.#look();
    if (this.#isClosed) throw closedError();
    return this.#terms.present ?? nextTerm(this, own);
  }

  async #prepare({ maxAgeMs = GATE_MAX_AGE_MS, signal }: RunOptions): Promise<void> {
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
    const verdict = this.#terms.advance();
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
    return failsOpen(verdict, this.#onUnknown, this.#terms.wasAnswered);
  }
}

function termStatus(number: number, { electedAt, fencingToken }: Term): NonNullable<LeaderStatus['term']> {
  return { number, electedAt, ...(fencingToken !== undefined && { fencingToken: String(fencingToken) }) };
}
