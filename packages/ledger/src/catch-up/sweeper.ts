import type { ClusterLeader } from '@cluster-leader/core';
import { inModuleContext } from '@cluster-leader/core/adapter-kit';
import type { RegisteredJob } from '../job/registered-job.ts';
import { TICK_MARGIN_MS } from './decide.ts';
import type { MakeUp } from './make-up.ts';
import { sweep, type SweepParts } from './sweep.ts';

/** How long after one prune the next is due, in milliseconds. */
const PRUNE_MS = 600_000;

interface SweeperOptions {
  readonly sweepMs: number;
  readonly retentionMs: number;
}

/** Sweeps the jobs of one leader while it leads: when asked to, and every `sweepMs` (rule 10). */
export class Sweeper {
  readonly #leader: ClusterLeader;
  readonly #jobs: Set<RegisteredJob> = new Set();
  readonly #parts: SweepParts;
  readonly #makeUp: MakeUp;
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #isRequested = false;
  #isSweeping = false;
  #isStopped = false;
  #pruneAtMs = 0;

  constructor(leader: ClusterLeader, parts: SweepParts, makeUp: MakeUp, options: SweeperOptions) {
    this.#leader = leader;
    this.#parts = parts;
    this.#makeUp = makeUp;
    this.#options = options;
  }

  add(job: RegisteredJob): void {
    this.#jobs.add(job);
    this.sweepSoon();
  }

  remove(job: RegisteredJob): void {
    this.#jobs.delete(job);
  }

  /**
   * Sweeps in the next turn of the event loop, so that many requests make one sweep. Does nothing on a follower.
   *
   * A second sweep follows once the slots right before this one cannot be claimed by their own ticks any more.
   */
  sweepSoon(): void {
    this.#request(Math.min(this.#options.sweepMs, this.#longestMarginMs()));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #request(nextMs: number): void {
    if (this.#isStopped) return;
    inModuleContext(() => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#request(this.#options.sweepMs), nextMs).unref();
      if (this.#isRequested) return;
      this.#isRequested = true;
      setImmediate(() => void this.#sweep());
    });
  }

  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    while (this.#isRequested && !this.#isStopped) {
      this.#isRequested = false;
      await this.#sweepOnce();
    }
    this.#isSweeping = false;
  }

  async #sweepOnce(): Promise<void> {
    const { term } = this.#leader;
    if (term === undefined) return;
    try {
      const plans = await sweep(this.#parts, term, [...this.#jobs]);
      for (const plan of plans) void this.#makeUp.start(plan);
      await this.#prune();
    } catch (error) {
      // If it is the store, a sweep follows when that answers again.
      this.#parts.reports.sweepFailed(error);
    }
  }

  async #prune(): Promise<void> {
    const { link, holder } = this.#parts;
    if (performance.now() < this.#pruneAtMs) return;
    this.#pruneAtMs = performance.now() + PRUNE_MS;
    await link.call((store) => store.prune(holder.namespace, this.#options.retentionMs));
  }

  #longestMarginMs(): number {
    const delays = Array.from(this.#jobs, ({ options }) => options.randomDelayMs);
    return TICK_MARGIN_MS + 1_000 + Math.max(0, ...delays);
  }
}
