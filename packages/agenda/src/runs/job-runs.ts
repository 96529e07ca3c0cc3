import { currentTerm } from '@cluster-leader/core';
import type { Job } from 'agenda';
import type { GateRules } from '../gate/gate-options.ts';
import type { WakeableChannel } from '../gate/wakeable-channel.ts';
import type { HeldJobs } from '../queue/held-jobs.ts';
import type { RunGate, Take } from '../queue/take.ts';
import { retryOnLoss } from './retry-on-loss.ts';

/** Runs jobs: those that are leader-only in a term of this replica, or not at all. */
export class JobRuns implements RunGate {
  readonly #rules: GateRules;
  readonly #held: HeldJobs;
  readonly #channel: WakeableChannel;
  /** Core's RunTracker always waits with a time limit; `idle()` has none, and must not keep the process alive. */
  readonly #runs = new Map<Promise<void>, Take>();
  #retries = 0;
  #ending = new AbortController();

  constructor(rules: GateRules, held: HeldJobs, channel: WakeableChannel) {
    this.#rules = rules;
    this.#held = held;
    this.#channel = channel;
  }

  /**
   * Runs a job by calling `begin`, and resolves without a run if this replica may not run it.
   *
   * `take` is undefined if the app called `job.run()` itself.
   */
  run(take: Take | undefined, job: Job, begin: () => Promise<void>): Promise<void> {
    if (take === undefined || take.state.is === 'begun') return this.#runByHand(job, begin);
    const run = this.#run(take, job, begin).finally(() => this.#runs.delete(run));
    this.#runs.set(run, take);
    return run;
  }

  /** How many jobs have begun and not ended. */
  get running(): number {
    return Array.from(this.#runs.values()).filter(({ state: { is } }) => is === 'starting' || is === 'begun').length;
  }

  /** How many jobs have gone back into the queue so far because their term ended while they ran. */
  get retries(): number {
    return this.#retries;
  }

  /** Resolves when no job runs. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.allSettled(this.#runs.keys());
  }

  /** Aborts the signals of the jobs that run, and of those that start from now on. */
  abort(): void {
    this.#ending.abort();
  }

  /** Gives jobs that start from now on a signal that is not aborted. */
  allow(): void {
    this.#ending = new AbortController();
  }

  async #run(take: Take, job: Job, begin: () => Promise<void>): Promise<void> {
    try {
      if (take.state.is !== 'held') return;
      if (take.isLeaderOnly) {
        await this.#runIfLeader(job, () => this.#begin(take, job, begin));
        if (take.state.is === 'held') await this.#held.giveBack(take, { announces: true });
      } else {
        this.#held.remove(take);
        take.state = { is: 'begun' };
        await begin();
      }
    } finally {
      if (take.state.is === 'held') await this.#held.giveBack(take, { announces: false });
      this.#held.remove(take);
    }
  }

  async #runByHand(job: Job, begin: () => Promise<void>): Promise<void> {
    // The definitions are used here because an Agenda that was never started has not queried for any name.
    const isTypo = this.#rules.listed.some((name) => !Object.hasOwn(job.agenda.definitions, name));
    if (!isTypo && !this.#rules.isLeaderOnly(job.attrs.name)) return begin();
    await this.#runIfLeader(job, () => this.#work(job, job.attrs.nextRunAt, begin));
  }

  /** Resolves even if the task is skipped or ends by the loss of its term; the leader emits `skipped` or `interrupted`. */
  async #runIfLeader({ attrs: { name } }: Job, task: () => Promise<void>): Promise<void> {
    const { leader, maxAgeMs } = this.#rules;
    await leader.gate(task, { name, signal: this.#ending.signal, maxAgeMs })();
  }

  async #begin(take: Take, job: Job, begin: () => Promise<void>): Promise<void> {
    if (take.state.is !== 'held' || take.isExpired) return; // it may have been given back during the check
    const term = currentTerm();
    this.#held.remove(take);
    take.state = { is: 'starting', term };
    // Only a forked job needs this. Otherwise the job uses the signal itself; one that nobody reads is never created.
    const endCancelling = job.attrs.fork === true ? cancelWith(term.signal, job) : undefined;
    try {
      // The row of a job whose runner died has no nextRunAt, so it is due at once.
      await this.#work(job, take.row.nextRunAt ?? new Date(), begin);
    } catch (error) {
      if (take.state.is !== 'starting' || !term.signal.aborted) throw error;
      await this.#held.giveBack(take, { announces: true });
    } finally {
      endCancelling?.();
    }
  }

  /** Runs the job in its term. If the loss of that ends the job, it is due again at `dueAt` and is announced. */
  async #work(job: Job, dueAt: Date | null, begin: () => Promise<void>): Promise<void> {
    if (!this.#rules.retryOnLoss) return begin();
    const loss = await retryOnLoss(currentTerm(), job, dueAt, begin);
    if (loss === undefined) return;
    this.#retries += 1;
    await this.#channel.announce(job.attrs);
    throw loss; // so that the leader emits `interrupted`
  }
}

/** Cancels a job, and thereby its worker, when the signal aborts; returns a function that ends this. */
function cancelWith(signal: AbortSignal, job: Job): () => void {
  const cancel = (): void => job.cancel(signal.reason);
  signal.addEventListener('abort', cancel);
  return () => signal.removeEventListener('abort', cancel);
}
