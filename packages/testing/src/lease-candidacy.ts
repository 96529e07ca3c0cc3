import type { DialectTraits } from './dialect.ts';
import type { ElectionTiming } from './election-options.ts';
import { acquireDelayMs, beginRound, beginTry, mayTake, observe, wakeAtMs } from './lease.ts';
import type { ObservedLease } from './lease.ts';
import type { LeaseClient } from './lease-client.ts';
import type { SidecarLife } from './sidecar-life.ts';

/** What a candidacy needs of the sidecar that it runs in. */
export interface CandidacyOptions {
  readonly name: string;
  readonly timing: ElectionTiming;
  readonly traits: DialectTraits;
  readonly api: LeaseClient;
  readonly life: SidecarLife;
  /** Called with the leader's name whenever the program would take note of it; empty where it knows of none. */
  readonly claim: (leader: string) => void;
}

/** Stands for a lease that expires, as google_containers/leader-elector does. */
export class LeaseCandidacy {
  readonly #options: CandidacyOptions;
  #observed: ObservedLease | undefined;
  #reported = '';

  constructor(options: CandidacyOptions) {
    this.#options = options;
  }

  /** Acquires, renews, loses and begins again, until the sidecar's life ends: then it rejects. */
  async run(): Promise<never> {
    const { claim, name } = this.#options;
    claim(await this.#firstLook());
    for (;;) {
      await this.#acquire();
      claim(name);
      await this.#renew();
      claim(await this.#currentHolder());
    }
  }

  async #firstLook(): Promise<string> {
    const { api, life, timing } = this.#options;
    for (;;) {
      const lease = await this.#unlessUnreachable(() => api.read());
      if (lease !== undefined) return lease.holder;
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
    let round = beginRound(performance.now(), timing);
    for (;;) {
      const sleptFromMs = performance.now();
      await life.sleep(Math.max(0, wakeAtMs(round) - sleptFromMs));
      const waking = { sleptFromMs, nowMs: performance.now() };
      const begun = beginTry(round, waking, timing, traits.pauseRestartsDeadline);
      ({ round } = begun);
      if (await this.#try()) return true;
      if (begun.isLast) return false;
    }
  }

  async #try(): Promise<boolean> {
    const { api, name, timing } = this.#options;
    const startedAtMs = performance.now();
    const renewed = await this.#unlessUnreachable(async () => {
      this.#observed = observe(this.#observed, await api.read(), performance.now());
      if (!mayTake(this.#observed, name, startedAtMs, timing)) return undefined;
      return api.write(this.#observed.lease.version, name);
    });
    if (renewed === undefined) return false;
    this.#observed = observe(this.#observed, renewed, performance.now());
    return true;
  }

  #report(): void {
    const holder = this.#observed?.lease.holder ?? '';
    if (!this.#options.traits.standbysFollow || holder === this.#reported) return;
    this.#reported = holder;
    this.#options.claim(holder);
  }

  async #currentHolder(): Promise<string> {
    const lease = await this.#unlessUnreachable(() => this.#options.api.read());
    return lease?.holder ?? '';
  }

  async #unlessUnreachable<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch {
      this.#options.life.signal.throwIfAborted();
      return undefined;
    }
  }
}
