import { randomUUID } from 'node:crypto';
import type { ClusterLeader, Term } from '@cluster-leader/core';
import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { newestSlot } from '../catch-up/slots.ts';
import type { Sweeper } from '../catch-up/sweeper.ts';
import { resolveJobOptions, type JobOptions } from '../job/job-options.ts';
import type { LedgerJob, LedgerJobOptions, LedgerRunResult } from '../job/ledger-job.ts';
import { RegisteredJob } from '../job/registered-job.ts';
import type { Run } from '../runs/run.ts';
import { leads, requireSlot } from '../runs/runner.ts';
import type { JobRecord, RunRecord, SkipRecord, TermRecord } from '../store/records.ts';
import { LEDGER_EVENTS, type LedgerEvents } from './ledger-events.ts';
import { resolveLedgerOptions, type ResolvedLedgerOptions, type RunLedgerOptions } from './ledger-options.ts';
import { Machinery } from './machinery.ts';
import { Reports } from './reports.ts';
import { resolveQuery, type LedgerQuery, type LedgerRunQuery } from './run-query.ts';
import { watchLeader } from './watched-leader.ts';

/** A slot that a host without an adapter is to run. */
export interface GivenSlot {
  /** The job's name, unique in the namespace. */
  readonly job: string;
  /** The scheduled instant, not the present one: two pods that guess it differently run the slot twice. */
  readonly slot: Date;
  /** As in `runIfLeader`. */
  readonly maxAgeMs?: number | undefined;
  /** Ends the run when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export interface LedgerCloseOptions {
  /** How long to wait for runs, whose signals have aborted, in milliseconds. Default 0: it does not wait. */
  readonly drainMs?: number | undefined;
}

const PERIOD = ['from', 'to', 'limit'];

/**
 * Records in a store that all replicas share which slots have run: each runs once, and missed ones are made up as their
 * jobs ask for.
 *
 * A slot begins at most once per attempt, as long as the store loses no write that it has acknowledged. If the store does
 * not answer, nothing runs. A claim does not stop a process that was paused from acting late: pass `run.key` on.
 */
export class RunLedger {
  readonly #options: ResolvedLedgerOptions;
  readonly #reports: Reports;
  readonly #machinery: Machinery;
  readonly #jobs = new Map<string, RegisteredJob>();
  readonly #sweepers = new Map<ClusterLeader, Sweeper>();
  readonly #watches: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  /** Throws ERR_INVALID_OPTION. The store is first asked when a job is registered or run. */
  constructor(options: RunLedgerOptions) {
    this.#options = resolveLedgerOptions(options);
    const { namespace, pod, logger } = this.#options;
    this.#reports = new Reports(logger);
    const sweepAll = (): void => {
      for (const sweeper of this.#sweepers.values()) sweeper.sweepSoon();
    };
    this.#machinery = new Machinery(this.#options, { id: randomUUID(), namespace, pod }, this.#reports, sweepAll);
  }

  /** The namespace of its jobs. */
  get namespace(): string {
    return this.#options.namespace;
  }

  /**
   * Registers a job, for the adapter of a host; apps use their adapter, or `run()`.
   *
   * Throws ERR_INVALID_OPTION, also if the name is taken.
   */
  register(leader: ClusterLeader, options: LedgerJobOptions): LedgerJob {
    const job = this.#add(leader, resolveJobOptions(options, this.#options.retentionMs));
    const { runner, heartbeat } = this.#machinery;
    const { nextSlot, name } = job.options;
    return {
      run: (slot, tick) => runner.tick(job, slot, tick),
      slotAt: async (at) => {
        const slot = nextSlot === undefined ? undefined : await newestSlot(nextSlot, at.getTime());
        return slot === undefined ? undefined : new Date(slot);
      },
      overlapped: (slot) => void runner.overlapped(job, requireSlot(slot)),
      missed: () => {
        if (leads(job)) this.#sweepers.get(leader)?.sweepSoon();
      },
      close: async () => {
        job.close();
        if (this.#jobs.get(name) === job) this.#jobs.delete(name);
        this.#sweepers.get(leader)?.remove(job);
        heartbeat.held.end('its host has stopped', (held) => held.job === name);
        await job.whenEmpty();
      },
    };
  }

  /**
   * Runs one slot of any scheduler: if this pod leads and no pod has claimed the slot, `task` is called.
   *
   * Nothing is made up, since the ledger does not know the schedule; an interrupted run is reported. Rejects with the task's
   * own error.
   *
   * @example
   * // croner 11: the newest scheduled instant; its currentRun() is when the run has really begun
   * const slotOf = (cron) => cron.previousRuns(1, new Date((Math.floor(Date.now() / 1_000) + 1) * 1_000))[0];
   * new Cron('0 2 * * *', (self) => ledger.run(leader, { job: 'invoices', slot: slotOf(self) }, bill));
   */
  async run<T>(
    leader: ClusterLeader,
    given: GivenSlot,
    task: (run: Run, term: Term) => T | PromiseLike<T>,
  ): Promise<LedgerRunResult<T>> {
    const { job: name, slot, ...tick } = requireKnownOptions(given, ['job', 'slot', 'maxAgeMs', 'signal']);
    if (typeof task !== 'function') throw invalidOption('task', task, 'a function');
    const known = this.#jobs.get(name);
    if (known !== undefined && known.leader !== leader) throw nameTaken(name);
    const options = { name, fingerprint: 'given', task: () => undefined };
    const job = known ?? this.#add(leader, resolveJobOptions(options, this.#options.retentionMs), true);
    return this.#machinery.runner.tick(job, slot, { ...tick, task });
  }

  /** Calls `listener` at every such event, and returns a function that removes it. What a listener throws is logged. */
  on<Name extends keyof LedgerEvents>(name: Name, listener: (event: LedgerEvents[Name]) => unknown): () => void {
    if (!LEDGER_EVENTS.includes(name))
      throw invalidOption('event', name, `one of the events ${LEDGER_EVENTS.join(', ')}`);
    if (typeof listener !== 'function') throw invalidOption('listener', listener, 'a function');
    return this.#reports.on(name, listener);
  }

  /** Resolves with the runs of all pods that match, the newest slot first. Rejects if the store does not answer. */
  async runs(query: LedgerRunQuery = {}): Promise<RunRecord[]> {
    const resolved = resolveQuery(query, ['job', 'state', ...PERIOD]);
    return this.#machinery.link.call((store) => store.runs(this.namespace, resolved));
  }

  /** Resolves with the terms of all pods that match, the newest first, by the pods' own clocks. */
  async terms(query: Omit<LedgerQuery, 'job'> = {}): Promise<TermRecord[]> {
    const resolved = resolveQuery(query, PERIOD);
    return this.#machinery.link.call((store) => store.terms(this.namespace, resolved));
  }

  /** Resolves with how often which pod skipped which job, by reason and minute, the newest first. About a minute behind. */
  async skips(query: LedgerQuery = {}): Promise<SkipRecord[]> {
    const resolved = resolveQuery(query, ['job', ...PERIOD]);
    return this.#machinery.link.call((store) => store.skips(this.namespace, resolved));
  }

  /** Resolves with the jobs of the namespace, and up to where each is settled. */
  async jobs(): Promise<JobRecord[]> {
    return this.#machinery.link.call((store) => store.jobs(this.namespace));
  }

  /** Ends all runs, records their outcomes, and closes the store. Idempotent; nothing runs from the call on. */
  async close(options: LedgerCloseOptions = {}): Promise<void> {
    const { drainMs = 0 } = requireKnownOptions(options, ['drainMs']);
    if (drainMs !== 0) requireDuration('drainMs', drainMs, ', or 0');
    this.#closing ??= this.#close(drainMs);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    for (const end of this.#watches) end();
    for (const sweeper of this.#sweepers.values()) sweeper.stop();
    for (const job of this.#jobs.values()) job.close();
    const left = await this.#machinery.close(drainMs);
    if (left.length > 0) this.#options.logger.warn(`Still running ${drainMs} ms after close(): ${left.join(', ')}.`);
  }

  #add(leader: ClusterLeader, options: JobOptions, isGiven = false): RegisteredJob {
    const known = this.#jobs.get(options.name);
    if (known !== undefined && !known.isGiven) throw nameTaken(options.name);
    if (known !== undefined) this.#sweepers.get(known.leader)?.remove(known);
    const job = new RegisteredJob(leader, options, isGiven);
    if (this.#closing !== undefined) {
      job.close();
      return job;
    }
    this.#jobs.set(options.name, job);
    this.#machinery.link.prepare();
    this.#sweeperOf(leader).add(job);
    return job;
  }

  #sweeperOf(leader: ClusterLeader): Sweeper {
    const known = this.#sweepers.get(leader);
    if (known !== undefined) return known;
    const sweeper = this.#machinery.sweeper(leader);
    this.#sweepers.set(leader, sweeper);
    this.#watches.push(watchLeader(leader, sweeper, this.#machinery.notes, (name) => this.#jobs.has(name)));
    return sweeper;
  }
}

function nameTaken(name: string): Error {
  return invalidOption('name', name, 'the name of one job only, since the ledger knows jobs by their names');
}
