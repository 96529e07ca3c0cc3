import { endedByLoss, type ClusterLeader } from '@cluster-leader/core';
import type { CatchUpOptions, LedgerJob } from '@cluster-leader/ledger';
import { Logger } from '@nestjs/common';
import type { GatedRun } from '../gating/gate.ts';
import { miswired } from '../miswired.ts';
import type { CronJob } from '../schedule/held-cron-jobs.ts';
import { cronSlotsOf } from './cron-slots.ts';
import type { ModuleLedger } from './module-ledger.ts';

interface RecordedJobParts {
  readonly ledger: ModuleLedger;
  readonly leader: ClusterLeader;
  /** The name of the job in the registry, and in the ledger. */
  readonly name: string;
  readonly job: CronJob;
  readonly options: CatchUpOptions;
  /** Does the work of runs that are made up. */
  readonly madeUp: () => unknown;
}

const logger = new Logger('ClusterLeader');

/** A cron job whose slots are recorded in a ledger. */
export class RecordedJob {
  readonly #parts: RecordedJobParts;
  #cronTime: CronJob['cronTime'];
  #inLedger: LedgerJob;
  #lastSlot: Date | undefined;

  /** Throws ERR_INVALID_OPTION if the ledger refuses the job, and ERR_MISWIRED if this version of cron is not known. */
  constructor(parts: RecordedJobParts) {
    this.#parts = parts;
    this.#cronTime = parts.job.cronTime;
    this.#inLedger = this.#register();
  }

  /**
   * Runs `task` for the slot at which the timer fired, if this pod leads and no pod has claimed the slot.
   *
   * Resolves with undefined, or with what `onSkip` returns, if it is skipped, and with undefined if it is interrupted.
   */
  async run(firedAt: Date, task: () => unknown, { name, onSkip }: GatedRun, signal: AbortSignal): Promise<unknown> {
    // First, because finding the slot takes cron up to milliseconds, which a follower need not spend.
    const decision = await this.#parts.leader.shouldRun({ name, signal });
    if (!decision.run) return onSkip?.({ name, reason: decision.reason });
    const slot = await this.#slotAt(firedAt);
    if (slot === undefined) return undefined;
    let isInterrupted = false;
    const result = await this.#inLedger
      .run(slot, {
        async task(_run, term) {
          try {
            return await task();
          } catch (error) {
            isInterrupted = endedByLoss(error, term);
            throw error;
          }
        },
        maxAgeMs: Number.POSITIVE_INFINITY,
        signal,
      })
      .catch((error: unknown) => {
        if (!isInterrupted) throw error;
        return { ran: true as const, value: undefined };
      });
    return result.ran ? result.value : onSkip?.({ name, reason: result.reason });
  }

  /** Records that the slot at which the timer fired was not run, because another run of the job was under way. */
  async overlapped(firedAt: Date): Promise<void> {
    if (this.#parts.leader.term === undefined) return;
    const slot = await this.#slotAt(firedAt);
    if (slot !== undefined) this.#inLedger.overlapped(slot);
  }

  /** Ends the job's runs, and frees its name. */
  async close(): Promise<void> {
    await this.#inLedger.close();
  }

  async #slotAt(firedAt: Date): Promise<Date | undefined> {
    const { job, name } = this.#parts;
    // After setTime() it is another schedule, which has missed nothing yet.
    if (job.cronTime !== this.#cronTime) {
      void this.#inLedger.close();
      this.#cronTime = job.cronTime;
      this.#lastSlot = undefined;
      this.#inLedger = this.#register();
    }
    const slot = await this.#inLedger.slotAt(firedAt);
    if (slot === undefined) {
      if (job.isActive)
        logger.error(`${name} does not run: cron fired at ${firedAt.toISOString()}, but names no slot up to then.`);
      return undefined;
    }
    const expected = this.#lastSlot && cronSlotsOf(this.#cronTime)?.next(this.#lastSlot);
    if (expected !== undefined && expected < slot) this.#inLedger.missed();
    this.#lastSlot = slot;
    return slot;
  }

  #register(): LedgerJob {
    const { ledger, leader, name, job, options, madeUp } = this.#parts;
    const cronTime = this.#cronTime;
    const slots = cronSlotsOf(cronTime);
    if (slots === undefined) throw unsupported(name);
    return ledger.register(leader, {
      ...options,
      name,
      fingerprint: slots.fingerprint,
      // A stopped job misses nothing, nor does one that has another schedule by now.
      nextSlot: (after) => {
        const isDue = cronTime === job.cronTime && (job.isActive || slots.isOnce);
        return isDue ? slots.next(after) : undefined;
      },
      exclusive: job.waitForCompletion,
      task: () => madeUp(),
    });
  }
}

/** Makes the error for a cron job of a version that is not as expected. */
export function unsupported(name: string): Error {
  const problem = `the cron job ${name} cannot be recorded in a ledger, because this version of cron is not supported`;
  return miswired(problem, 'Install cron 4, or leave the ledger out.');
}
