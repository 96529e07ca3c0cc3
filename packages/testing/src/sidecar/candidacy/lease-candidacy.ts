import { claimed } from '../../lock/next-content.ts';
import { acquireDelayMs } from '../election-timing.ts';
import type { Candidacy, CandidacyOptions } from './candidacy.ts';
import type { HeldLock } from './lock-client.ts';
import { mayTake, observe, type ObservedLock } from './observed-lock.ts';
import { beginRound, beginTry, wakeAtMs } from './renewal-round.ts';

/** A candidacy for a lease that expires, as in google_containers/leader-elector. */
export class LeaseCandidacy implements Candidacy {
  readonly #options: CandidacyOptions;
  #observed: ObservedLock | undefined;
  #renewedAtMs = 0;
  #reported = '';

  constructor(options: CandidacyOptions) {
    this.#options = options;
  }

  /** Acquires, renews, loses and begins again. Resolves if the program exits by itself; rejects when the sidecar's life ends. */
  async run(): Promise<void> {
    const { claim, life, name, timing, traits } = this.#options;
    claim(await this.#firstLook());
    for (;;) {
      await this.#acquire();
      claim(name);
      await this.#renew();
      if (traits.exitsOnLoss) return;
      const noticedAtMs = this.#renewedAtMs + traits.lossNoticedLeases * timing.leaseDurationMs;
      await life.sleep(Math.max(0, noticedAtMs - performance.now()));
      if (traits.afterLoss === 'nobody') claim('');
      if (traits.afterLoss === 'holder') claim((await this.#unlessUnreachable(() => this.#holder())) ?? '');
    }
  }

  async #firstLook(): Promise<string> {
    const { life, timing } = this.#options;
    for (;;) {
      const holder = await this.#unlessUnreachable(() => this.#holder());
      if (holder !== undefined) return holder;
      await life.sleep(timing.retryPeriodMs);
    }
  }

  async #acquire(): Promise<void> {
    const { life, timing } = this.#options;
    for (;;) {
      const acquired = await this.#try();
      this.#report();
      if (acquired) return;
      await life.sleep(acquireDelayMs(timing, Math.random()));
    }
  }

  /** Resolves once leadership is lost. */
  async #renew(): Promise<void> {
    while (await this.#renewOnce()) this.#report();
    this.#report();
  }

  async #renewOnce(): Promise<boolean> {
    const { life, timing, traits } = this.#options;
    let round = beginRound(performance.now(), timing, traits.deadlineCountsFromTry);
    for (;;) {
      const sleptFromMs = performance.now();
      await life.sleep(Math.max(0, wakeAtMs(round) - sleptFromMs));
      const waking = { sleptFromMs, nowMs: performance.now() };
      const begun = beginTry(round, waking, timing, traits.pauseRestartsDeadline);
      ({ round } = begun);
      const renewed = traits.exitsOnLoss ? await this.#tryUntil(round.deadlineAtMs) : await this.#try();
      if (renewed) return true;
      if (begun.isLast) return false;
      // A newer client-go begins no other try once its deadline has passed.
      if (traits.deadlineCountsFromTry && performance.now() >= round.deadlineAtMs) return false;
    }
  }

  /** One try, which fails at the deadline even if the API server has not responded. */
  async #tryUntil(deadlineAtMs: number): Promise<boolean> {
    const { life } = this.#options;
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const expire = async (): Promise<void> => {
      await life.awake();
      // A response that arrived during a pause must be read first.
      setImmediate(resolve, false);
    };
    const timer = setTimeout(() => void expire().catch(() => {}), Math.max(0, deadlineAtMs - performance.now()));
    try {
      return await Promise.race([this.#try(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #try(): Promise<boolean> {
    const written = await this.#unlessUnreachable(() => this.#write(performance.now()));
    if (written === undefined) return false;
    this.#renewedAtMs = performance.now();
    this.#observed = observe(this.#observed, written.content, this.#renewedAtMs);
    return true;
  }

  async #write(startedAtMs: number): Promise<HeldLock | undefined> {
    const { api, name, timing, traits } = this.#options;
    const lock = await api.read();
    if (lock === undefined) return api.create(claimed(undefined, name, new Date(), timing, traits.lock));
    this.#observed = observe(this.#observed, lock.content, performance.now());
    if (!mayTake(this.#observed, name, startedAtMs, timing)) return undefined;
    return api.replace(lock, claimed(lock.content, name, new Date(), timing, traits.lock));
  }

  #report(): void {
    const holder = this.#observed?.content.holder ?? '';
    if (!this.#options.traits.standbysFollow || holder === this.#reported) return;
    this.#reported = holder;
    this.#options.claim(holder);
  }

  async #holder(): Promise<string> {
    return (await this.#options.api.read())?.content.holder ?? '';
  }

  async #unlessUnreachable<T>(send: () => Promise<T>): Promise<T | undefined> {
    try {
      return await send();
    } catch {
      this.#options.life.signal.throwIfAborted();
      return undefined;
    }
  }
}
