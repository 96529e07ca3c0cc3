import { inspect } from 'node:util';
import { believed, fail, judge, lapsesInMs, observe, type Belief, type Verdict } from './belief.ts';
import { ageMs, readClock, type Instant } from './clock.ts';
import { ElectorError } from './elector-error.ts';
import { HttpElectorClient, type ElectorClient } from './elector-client.ts';
import { EventStream } from './event-stream.ts';
import { Leadership, type LeadershipStatus } from './leadership.ts';
import { claimOf } from './observation.ts';
import { pause, within } from './patience.ts';
import { resolveOptions, type ClusterLeaderOptions, type Mode, type ResolvedOptions } from './options.ts';

/** A plain object for health endpoints and logs. */
export interface ClusterLeaderStatus extends LeadershipStatus {
  readonly mode: Mode;
  readonly url: string;
  readonly identity: readonly string[];
  /** The leader's name in the newest answer; an old sidecar names a stale one on followers. */
  readonly leader?: string;
  /** How long ago the newest answer was asked for. */
  readonly ageMs?: number;
  /** What the last attempt failed by, and what to do; absent once an answer has come. */
  readonly error?: string;
}

/** A leader that meets an answer without a name asks again after this share of the lease: 250 ms of 10 s. */
const DOUBT_SHARE = 0.025;
const JITTER = 0.1;
/** Events of the sidecar that come within this time are one reason to ask. */
const BURST_MS = 5;
/** A sidecar that tells events without end is asked no more often than once in this time. */
const NEXT_BURST_MS = 100;

/**
 * Tells whether this pod leads, by asking the leader-elector sidecar beside it.
 *
 * It watches from the first use of any member on, and never keeps the process up but for a promise that is waited for.
 *
 * @example
 * const leader = new ClusterLeaderService();
 * if (await leader.isLeader()) await sendInvoices();
 */
export class ClusterLeaderService extends Leadership {
  readonly #options: ResolvedOptions;
  readonly #client: ElectorClient;
  #belief: Belief = {};
  #error: ElectorError | undefined;
  #isWatching = false;
  #events: EventStream | undefined;
  /** The question in the air, shared by all who wait; resolves whether it was answered. */
  #question: Promise<boolean> | undefined;
  #askAgain = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #lapseTimer: NodeJS.Timeout | undefined;
  #burstTimer: NodeJS.Timeout | undefined;
  /** When events last made it ask, by the monotonic clock. */
  #wokenAtMs = -Infinity;
  readonly #closing = new AbortController();

  /** Throws ERR_INVALID_OPTION. Another `client` asks in another way than over HTTP, as tests do that replay answers. */
  constructor(options: ClusterLeaderOptions = {}, client?: ElectorClient) {
    super(options);
    this.#options = resolveOptions(options);
    const { url, parse, timing } = this.#options;
    this.#client = client ?? new HttpElectorClient(url, parse, timing);
    for (const warning of this.#options.warnings) this.logger.warn?.(`Leader election: ${warning}`);
  }

  /**
   * Resolves with the leader's name as the sidecar gives it, or undefined where it knows of none.
   *
   * Use it for display alone: old sidecars name a stale leader on followers, without limit.
   */
  async getLeader(): Promise<string | undefined> {
    this.watch();
    const { mode, identity, timing } = this.#options;
    if (mode !== 'sidecar') return mode === 'always' && !this.isClosed ? identity[0] : undefined;
    await this.check(timing.maxAgeMs);
    const { newest } = this.#belief;
    const isKnown = newest !== undefined && ageMs(newest.askedAt, readClock()) < timing.maxAgeMs;
    return isKnown && !this.isClosed ? newest.leader || undefined : undefined;
  }

  override status(): ClusterLeaderStatus {
    const { url, identity, mode } = this.#options;
    const status = { ...super.status(), mode, url: url.href, identity };
    const { newest } = this.#belief;
    return {
      ...status,
      ...(newest?.leader && { leader: newest.leader }),
      ...(newest && { ageMs: Math.round(ageMs(newest.askedAt, readClock())) }),
      ...(this.#error && { error: this.#error.message }),
    };
  }

  protected override judge(now: Instant): Verdict {
    const { mode, timing } = this.#options;
    if (mode === 'sidecar') return judge(this.#belief, now, timing);
    return { standing: mode === 'always' ? 'leader' : 'follower' };
  }

  protected override watch(): void {
    if (this.#isWatching || this.isClosed) return;
    this.#isWatching = true;
    if (this.#options.mode !== 'sidecar') return void this.advance();
    this.#poll();
    const { eventsUrl } = this.#options;
    if (eventsUrl !== undefined) this.#events = new EventStream(eventsUrl, () => this.#wake());
  }

  protected override async check(maxAgeMs: number | undefined, signal?: AbortSignal): Promise<void> {
    const { mode, timing } = this.#options;
    if (mode !== 'sidecar') return;
    const calledAt = readClock();
    const boundMs = Math.min(maxAgeMs ?? timing.maxAgeMs, timing.maxAgeMs);
    const isAnswered = (): boolean => {
      const askedAt = believed(this.#belief)?.askedAt;
      if (askedAt === undefined) return false;
      return askedAt.monotonicMs >= calledAt.monotonicMs || ageMs(askedAt, calledAt) < boundMs;
    };
    if (this.isClosed || isAnswered() || this.#client.isBroken) return;
    await within(timing.checkTimeoutMs, signal, async (isOver) => {
      // A question that was asked before the call may be answered by what is too old for it: then one more.
      for (let questions = 0; questions < 2 && !isOver() && !this.isClosed && !isAnswered(); questions += 1) {
        if (!(await this.#ask())) return;
      }
    });
  }

  protected override async release(): Promise<void> {
    for (const timer of [this.#pollTimer, this.#lapseTimer, this.#burstTimer]) clearTimeout(timer);
    this.#closing.abort();
    this.#events?.close();
    await this.#client.close();
  }

  #poll(): void {
    void this.#ask();
    const { pollIntervalMs } = this.#options.timing;
    const delayMs = pollIntervalMs * (1 - JITTER + 2 * JITTER * Math.random());
    this.#pollTimer = setTimeout(() => this.#poll(), delayMs).unref();
  }

  /** An answer that is in the air already may be older than the news, hence the second question. */
  #wake(): void {
    if (this.isClosed || this.#burstTimer !== undefined) return;
    const delayMs = Math.max(BURST_MS, this.#wokenAtMs + NEXT_BURST_MS - readClock().monotonicMs);
    this.#burstTimer = setTimeout(() => {
      this.#burstTimer = undefined;
      this.#wokenAtMs = readClock().monotonicMs;
      if (this.#question === undefined) void this.#ask();
      else this.#askAgain = true;
    }, delayMs).unref();
  }

  /** One question at a time: who comes while it is in the air shares its answer. */
  #ask(): Promise<boolean> {
    this.#question ??= this.#askUntilSure().finally(() => {
      this.#question = undefined;
      if (this.#askAgain && !this.isClosed) void this.#ask();
      this.#askAgain = false;
    });
    return this.#question;
  }

  async #askUntilSure(): Promise<boolean> {
    await Promise.resolve(); // All who call in this tick have called before the question is asked.
    if (this.isClosed) return false;
    const isAnswered = await this.#askOnce();
    if (this.#belief.doubted === undefined || this.isClosed) return isAnswered;
    await pause(DOUBT_SHARE * this.#options.timing.leaseDurationMs, this.#closing.signal);
    return !this.isClosed && this.#askOnce();
  }

  async #askOnce(): Promise<boolean> {
    const { identity, timing } = this.#options;
    try {
      const { answer, askedAt, answeredAt } = await this.#client.ask(this.#closing.signal);
      // What lapsed before this answer came has ended a term, also where the answer says the same again.
      this.advance();
      const observation = { askedAt, answeredAt, claim: claimOf(answer, identity), leader: answer.leader };
      this.#belief = observe(this.#belief, observation, timing);
      this.#error = undefined;
      return true;
    } catch (cause) {
      if (this.isClosed) return false;
      const error = cause instanceof ElectorError ? cause : new ElectorError('unreachable', inspect(cause), { cause });
      if (this.#error === undefined) this.logger.warn?.(`The sidecar gives no answer. ${error.message}`);
      this.#error = error;
      this.#belief = fail(this.#belief, error.reason);
      return false;
    } finally {
      this.#notice();
    }
  }

  /** Advances now, and again when what is believed becomes too old. */
  #notice(): void {
    this.advance();
    clearTimeout(this.#lapseTimer);
    const ms = lapsesInMs(this.#belief, readClock(), this.#options.timing);
    if (this.isClosed || !Number.isFinite(ms)) return;
    this.#lapseTimer = setTimeout(() => this.#notice(), Math.ceil(ms)).unref();
  }
}
