import { endedByLoss, type Term } from '@cluster-leader/core';
import { harmlessWhen, invalidOption, requireKnownOptions, RunTracker } from '@cluster-leader/core/adapter-kit';
import type { ClaimQueue } from '../claims/claim-queue.ts';
import type { DoubtfulSlots } from '../claims/doubtful-slots.ts';
import type { LedgerRunResult, LedgerTask, TickOptions } from '../job/ledger-job.ts';
import type { RegisteredJob } from '../job/registered-job.ts';
import { errorText } from '../ledger/error-text.ts';
import type { Reports } from '../ledger/reports.ts';
import type { Holder, RunEnd } from '../store/records.ts';
import type { HeldSlot } from './held-slots.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Outcomes } from './outcomes.ts';
import { inRun } from './run.ts';
import type { LedgerSkipReason } from './skip-reason.ts';
import { SlotRun } from './slot-run.ts';

interface RunnerParts {
  readonly holder: Holder;
  readonly heartbeat: Heartbeat;
  readonly claims: ClaimQueue;
  readonly doubtful: DoubtfulSlots;
  readonly outcomes: Outcomes;
  readonly reports: Reports;
  /** Counts a skip by the ledger. */
  onSkip(job: string, reason: LedgerSkipReason): void;
}

/** One attempt that this process holds, ready to begin. */
export interface Attempt {
  readonly held: HeldSlot;
  readonly attempt: number;
  readonly madeUp: boolean;
  readonly task: LedgerTask;
  /** Ends the job's count of runs under way. */
  leave(): void;
  /** Called when the task has been called: the slot is spent. */
  onBegan?(): void;
}

const TICK_OPTIONS = ['task', 'maxAgeMs', 'signal'];

/** Runs slots: leads? claim; still leads and not stopped? then the task (ledger rule 4). */
export class Runner {
  readonly tracker: RunTracker = new RunTracker();
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** Runs a slot of which the host's tick is due. */
  tick<T>(job: RegisteredJob, slot: Date, options: TickOptions<T> = {}): Promise<LedgerRunResult<T>> {
    return harmlessWhen(this.#tick(job, slot, options), (error) => endedByLoss(error));
  }

  /** Claims a slot; resolves with the attempt, or with why there is none. The job must not be busy. */
  async claim(
    job: RegisteredJob,
    slot: Date,
    madeUp: boolean,
    task: LedgerTask,
  ): Promise<Attempt | { readonly reason: LedgerSkipReason }> {
    const { heartbeat, claims } = this.#parts;
    const { name } = job.options;
    if (heartbeat.held.has({ job: name, slot })) return { reason: 'claimed' };
    const held = heartbeat.held.hold({ job: name, slot });
    const leave = job.enter();
    const { number: term, fencingToken } = job.leader.term ?? {};
    const answer = await claims.claim({ job: name, slot: held.slot, madeUp, term, fencingToken });
    if (answer.outcome === 'claimed') return { held, attempt: 1, madeUp, task, leave };
    leave();
    if (answer.outcome === 'unavailable') {
      void answer.resolved.then(() => held.free());
      return { reason: 'ledger-unavailable' };
    }
    held.free();
    return { reason: answer.outcome === 'taken' ? 'claimed' : answer.outcome };
  }

  /** Begins an attempt if this pod still leads, else gives it back. Rejects with the task's error. */
  async begin<T>(job: RegisteredJob, attempt: Attempt): Promise<LedgerRunResult<T>> {
    const { held } = attempt;
    const { name } = job.options;
    const outcome: { end?: Pick<RunEnd, 'state' | 'error'> } = {};
    const body = async (term: Term): Promise<T> => {
      outcome.end = { state: 'failed' };
      held.isRunning = true;
      attempt.onBegan?.();
      try {
        const run = this.#runOf(attempt, term);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever gives the task knows what it returns
        const value = (await inRun(run, () => attempt.task(run, term))) as T;
        outcome.end = { state: 'succeeded' };
        return value;
      } catch (error) {
        outcome.end = { state: term.signal.aborted ? 'interrupted' : 'failed', error: errorText(error) };
        throw error;
      }
    };
    try {
      if (job.isClosed) return { ran: false, reason: 'closed' };
      const run = job.leader.runIfLeader(body, { name, signal: held.signal });
      return await this.tracker.track(name, run);
    } finally {
      held.isRunning = false;
      attempt.leave();
      this.#end(job, attempt, outcome.end);
    }
  }

  /** Reports that the ledger skips a slot. */
  skip<T>(job: RegisteredJob, slot: Date, reason: LedgerSkipReason): LedgerRunResult<T> {
    const { name } = job.options;
    this.#parts.onSkip(name, reason);
    this.#parts.reports.skipped({ job: name, slot, reason });
    return { ran: false, reason };
  }

  /** Records a slot as skipped, if this pod leads and nothing has claimed the slot. */
  async overlapped(job: RegisteredJob, slot: Date): Promise<void> {
    if (job.isClosed || !leads(job)) return;
    this.skip(job, slot, 'overlap');
    const attempt = await this.claim(job, slot, false, job.options.task);
    if ('reason' in attempt) return;
    attempt.leave();
    const end = { job: job.options.name, slot: attempt.held.slot, attempt: 1, state: 'skipped' } as const;
    this.#parts.outcomes.record(end, () => attempt.held.free());
  }

  async #tick<T>(job: RegisteredJob, slotGiven: Date, options: TickOptions<T>): Promise<LedgerRunResult<T>> {
    const slot = requireSlot(slotGiven);
    const { task = job.options.task, maxAgeMs, signal } = requireKnownOptions(options, TICK_OPTIONS);
    if (typeof task !== 'function') throw invalidOption('task', task, 'a function');
    if (job.isClosed) return { ran: false, reason: 'closed' };
    const decision = await job.leader.shouldRun({ name: job.options.name, maxAgeMs, signal });
    if (!decision.run) return { ran: false, reason: decision.reason };
    if (job.isBusy) {
      void this.overlapped(job, slot);
      return { ran: false, reason: 'overlap' };
    }
    const attempt = await this.claim(job, slot, false, task);
    if ('reason' in attempt) return this.skip(job, slot, attempt.reason);
    const end = (): void => attempt.held.end('its host has stopped');
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end);
    try {
      return await this.begin(job, attempt);
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  #runOf({ held, attempt, madeUp }: Attempt, term: Term): SlotRun {
    const { holder, heartbeat } = this.#parts;
    const hasLapsed = (): boolean => heartbeat.hasLapsed(held);
    return new SlotRun({ namespace: holder.namespace, held, attempt, madeUp, hasLapsed }, term);
  }

  #end(job: RegisteredJob, { held, attempt }: Attempt, outcome: Pick<RunEnd, 'state' | 'error'> | undefined): void {
    const { doubtful, outcomes, reports, holder } = this.#parts;
    const { job: name, slot } = held;
    if (outcome === undefined && attempt === 1) {
      void doubtful.release([{ job: name, slot }]).then(() => held.free());
      return;
    }
    const end = outcome ?? { state: 'interrupted', error: 'It was taken over, and did not begin.' };
    outcomes.record({ job: name, slot, attempt, ...end }, () => held.free());
    if (end.state !== 'interrupted') return;
    const rerun = job.options.interrupted === 'rerun';
    reports.interrupted({ job: name, slot, attempt, pod: holder.pod, rerun });
  }
}

/** Whether gates of the job's leader let a run go ahead at this moment. */
export function leads(job: RegisteredJob): boolean {
  return job.leader.term !== undefined;
}

/** Returns a copy of `slot` if it is an instant; throws ERR_INVALID_OPTION otherwise. */
export function requireSlot(slot: unknown): Date {
  if (slot instanceof Date && Number.isInteger(slot.getTime())) return new Date(slot);
  throw invalidOption('slot', slot, 'the scheduled instant, a valid Date');
}
