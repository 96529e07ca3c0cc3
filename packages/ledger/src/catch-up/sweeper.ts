import type { ClusterLeader } from '@cluster-leader/core';
import { inModuleContext } from '@cluster-leader/core/adapter-kit';
import type { RegisteredJob } from '../job/registered-job.ts';
import { TICK_MARGIN_MS } from './decide.ts';
import type { MakeUp, MakeUpPlan } from './make-up.ts';
import { sweep } from './sweep.ts';
import type { SweepParts } from './sweep-parts.ts';

/** How long after one prune the next is due, in milliseconds. */
const PRUNE_MS = 600_000;

interface SweeperOptions {
  readonly sweepMs: number;
  readonly retentionMs: number;
}

/** Sweeps the jobs of one leader while it leads: when asked to, and every `sweepMs` (ledger rule 10). */
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
    this.#request(this.#marginMs());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #request(nextMs: number): void {
    if (this.#isStopped) return;
    inModuleContext(() => {
      this.#sweepIn(nextMs);
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
      const { plans, isDisturbed } = await sweep(this.#parts, term, [...this.#jobs]);
      if (isDisturbed) this.#sweepIn(this.#marginMs());
      for (const plan of plans) void this.#start(plan);
      await this.#prune();
    } catch (error) {
      // If it is the store, a sweep follows when that answers again.
      this.#parts.reports.sweepFailed(error);
    }
  }

  async #start(plan: MakeUpPlan): Promise<void> {
    if (!(await this.#makeUp.start(plan))) this.#sweepIn(this.#marginMs());
  }

  async #prune(): Promise<void> {
    const { link, holder } = this.#parts;
    if (performance.now() < this.#pruneAtMs) return;
    this.#pruneAtMs = performance.now() + PRUNE_MS;
    await link.call((store) => store.prune(holder.namespace, this.#options.retentionMs));
  }

  #sweepIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#request(this.#options.sweepMs), ms).unref();
  }

  /** How long it takes until the slots of this moment cannot be claimed by their own ticks any more. */
  #marginMs(): number {
    const delays = Array.from(this.#jobs, ({ options }) => options.randomDelayMs);
    return Math.min(this.#options.sweepMs, TICK_MARGIN_MS + 1_000 + Math.max(0, ...delays));
  }
}
