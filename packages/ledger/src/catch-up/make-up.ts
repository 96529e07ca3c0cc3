import { endedByLoss, type Term } from '@cluster-leader/core';
import { inModuleContext, pause } from '@cluster-leader/core/adapter-kit';
import type { RegisteredJob } from '../job/registered-job.ts';
import type { Reports } from '../ledger/reports.ts';
import type { Heartbeat } from '../runs/heartbeat.ts';
import type { Attempt, Runner } from '../runs/runner.ts';
import type { Holder, InterruptedRun } from '../store/records.ts';
import { LATEST_EFFECT_MS } from '../store/run-store.ts';
import type { StoreLink } from '../store/store-link.ts';
import { Semaphore } from './semaphore.ts';

/** How many runs a pod makes up at once (ledger rule 13). */
const MADE_UP_AT_ONCE = 4;

interface MakeUpParts {
  readonly link: StoreLink;
  readonly holder: Holder;
  readonly heartbeat: Heartbeat;
  readonly runner: Runner;
  readonly reports: Reports;
  readonly expiryMs: number;
}

/** What a sweep has found to do for one job. */
export interface MakeUpPlan {
  readonly job: RegisteredJob;
  /** The term that does it. */
  readonly term: Term;
  readonly reruns: readonly InterruptedRun[];
  /** Missed slots, ascending. */
  readonly slots: readonly number[];
  /** The revision of the job's record whose watermark is right before the first of them. */
  readonly revision: number;
  /** Up to where the watermark moves once all slots are claimed. */
  readonly upToMs: number;
}

/** Runs missed slots and interrupted runs: one at a time for each job, each claimed right before it runs (ledger rule 11). */
export class MakeUp {
  readonly #parts: MakeUpParts;
  readonly #semaphore = new Semaphore(MADE_UP_AT_ONCE);
  readonly #stopping = new AbortController();

  constructor(parts: MakeUpParts) {
    this.#parts = parts;
  }

  /**
   * Does what a sweep has found, unless the job is already at it. Resolves, once that is over, with whether all is done;
   * never rejects.
   */
  async start(plan: MakeUpPlan): Promise<boolean> {
    if (plan.job.isMakingUp) return true;
    plan.job.isMakingUp = true;
    try {
      return (await this.#rerunAll(plan)) && (await this.#makeUpAll(plan));
    } catch (error) {
      // If it is the store, the sweep that follows when it answers again finds the same.
      this.#parts.reports.sweepFailed(error);
      return false;
    } finally {
      plan.job.isMakingUp = false;
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #rerunAll(plan: MakeUpPlan): Promise<boolean> {
    for (const lost of plan.reruns) {
      if (!this.#mayRun(plan)) return false;
      await this.#inTurn(plan.job, () => this.#rerun(plan, lost));
    }
    return true;
  }

  async #makeUpAll(plan: MakeUpPlan): Promise<boolean> {
    for (const [index, slot] of plan.slots.entries()) {
      if (!this.#mayRun(plan)) return false;
      const nextMs = plan.slots[index + 1];
      const settleMs = nextMs === undefined ? plan.upToMs : nextMs - 1;
      const settle = (): Promise<boolean> => this.#settle(plan, index, settleMs);
      if (!(await this.#inTurn(plan.job, () => this.#makeUp(plan, slot, settle)))) return false;
    }
    return true;
  }

  /** Runs `work` when neither the pod nor the job has too much under way. A job that waits for its own run keeps no other waiting. */
  async #inTurn<T>(job: RegisteredJob, work: () => Promise<T>): Promise<T> {
    for (;;) {
      await job.whenFree();
      const done = await this.#semaphore.run(async () => (job.isBusy ? undefined : { value: await work() }));
      if (done !== undefined) return done.value;
    }
  }

  /** Makes one slot up, and settles it once that cannot get lost any more. Resolves with whether to go on. */
  async #makeUp(plan: MakeUpPlan, slotMs: number, settle: () => Promise<boolean>): Promise<boolean> {
    const { job } = plan;
    const { runner } = this.#parts;
    const slot = new Date(slotMs);
    if (!this.#mayRun(plan)) return false;
    const attempt = await runner.claim(job, slot, true, job.options.task);
    if ('reason' in attempt) {
      if (this.#isInDoubt(job, slot)) return false;
      if (attempt.reason !== 'claimed') runner.skip(job, slot, attempt.reason);
      if (attempt.reason === 'too-late') {
        this.#parts.reports.gaveUp({ job: job.options.name, count: 1, from: slot, to: slot }, false);
      } else if (attempt.reason !== 'claimed') return false;
      return settle();
    }
    let settled: Promise<boolean> = Promise.resolve(false);
    const onBegan = (): void => {
      settled = settle();
      settled.catch(() => {}); // awaited below
    };
    await this.#begin(job, { ...attempt, onBegan });
    return settled;
  }

  async #rerun(plan: MakeUpPlan, lost: InterruptedRun): Promise<void> {
    const { job, term } = plan;
    const { heartbeat } = this.#parts;
    if (!this.#mayRun(plan) || heartbeat.held.has(lost)) return;
    const held = heartbeat.held.hold(lost);
    const leave = job.enter();
    const number = await this.#takeOver(lost, term);
    if (number === undefined) {
      leave();
      held.free();
      return;
    }
    await this.#begin(job, { held, attempt: number, madeUp: true, task: job.options.task, leave });
  }

  /** Repeats a take-over until it is known what came of it: one that has taken effect must run, or be ended. */
  async #takeOver(lost: InterruptedRun, term: Term): Promise<number | undefined> {
    const { link, holder, expiryMs } = this.#parts;
    const { job, slot, attempt, state, holder: dead } = lost;
    const { number, fencingToken } = term;
    const run = { job, slot, attempt, state, holder: dead, term: number, fencingToken };
    while (!this.#stopping.signal.aborted) {
      try {
        return await link.call((store) => store.takeOver(holder, run, expiryMs));
      } catch {
        await inModuleContext(() => pause(LATEST_EFFECT_MS, this.#stopping.signal));
      }
    }
    return undefined;
  }

  /** Runs an attempt that no scheduler awaits. */
  async #begin(job: RegisteredJob, attempt: Attempt): Promise<void> {
    const { runner, reports } = this.#parts;
    try {
      await runner.begin(job, attempt);
    } catch (error) {
      if (endedByLoss(error)) return;
      const { slot } = attempt.held;
      reports.failed({ job: job.options.name, slot, attempt: attempt.attempt, error });
    }
  }

  /** Moves the watermark of the job, and resolves with whether it did; each of so many settlements has been a revision. */
  async #settle({ job, revision }: MakeUpPlan, settlements: number, upToMs: number): Promise<boolean> {
    const { link, holder } = this.#parts;
    const settlement = { job: job.options.name, revision: revision + settlements, upTo: new Date(upToMs) };
    const [isSettled] = await link.call((store) => store.settle(holder.namespace, [settlement]));
    return isSettled === true;
  }

  #isInDoubt(job: RegisteredJob, slot: Date): boolean {
    return this.#parts.heartbeat.held.has({ job: job.options.name, slot });
  }

  #mayRun({ job, term }: MakeUpPlan): boolean {
    return !this.#stopping.signal.aborted && !job.isClosed && job.leader.term === term;
  }
}
