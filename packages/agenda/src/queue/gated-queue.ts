import { emitWarning } from '@cluster-leader/core/adapter-kit';
import { ClusterLeaderError } from '@cluster-leader/core';
import type { JobId, JobParameters, JobRepository, JobRepositoryOptions } from 'agenda';
import type { GateRules } from '../gate/gate-options.ts';
import type { WakeableChannel } from '../gate/wakeable-channel.ts';
import { JobRuns } from '../runs/job-runs.ts';
import { saveSingle } from '../schedules/save-single.ts';
import { HeldJobs } from './held-jobs.ts';
import { Intake, type NextQuery } from './intake.ts';
import { JobNames } from './job-names.ts';
import { leads } from './leads.ts';
import { takeOf } from './take.ts';

/** Answers Agenda's calls of a repository so that this replica takes only jobs that it may run. */
export class GatedQueue {
  /** The jobs that run, and those that wait for the check before they start. */
  readonly runs: JobRuns;
  readonly #repository: JobRepository;
  readonly #savesClearLocks: boolean;
  readonly #rules: GateRules;
  readonly #channel: WakeableChannel;
  readonly #names: JobNames;
  readonly #held: HeldJobs;
  readonly #intake: Intake;
  readonly #warnings = new Set<string>();
  #unwatch: (() => void) | undefined;

  /** `savesClearLocks` says that the backend removes the lock of a job that it saves again. */
  constructor(repository: JobRepository, rules: GateRules, channel: WakeableChannel, savesClearLocks: boolean) {
    this.#repository = repository;
    this.#savesClearLocks = savesClearLocks;
    this.#rules = rules;
    this.#channel = channel;
    this.#names = new JobNames(rules);
    this.#held = new HeldJobs(repository, channel);
    this.runs = new JobRuns(rules, this.#held, channel);
    this.#intake = new Intake(repository, rules.leader, this.#held, this.runs);
  }

  /** Locks the next job of a name if this replica may run it. Rejects if the standing is unknown and `onUnknown` is `'throw'`. */
  async next(...query: NextQuery): Promise<JobParameters | undefined> {
    const { leader } = this.#rules;
    const [name] = query;
    this.#names.add(name);
    await Promise.resolve(); // Agenda queries for all names in one turn, and a new Agenda subscribes right after its first
    if (this.#intake.isPaused || this.#channel.hasStopped) return undefined;
    this.#warnOfMistakes();
    const isForLeader = this.#names.isForLeader(name);
    if (isForLeader) {
      this.#unwatch ??= leader.on('standing', () => this.#follow());
      if (!leader.isLeaderNow()) return undefined;
    }
    return this.#intake.take(query, isForLeader);
  }

  /** Saves a job as the app has scheduled it. */
  async save<DATA>(job: JobParameters<DATA>, options: JobRepositoryOptions | undefined): Promise<JobParameters<DATA>> {
    const { _id, name, type } = job;
    const isShared = _id === undefined && type === 'single' && this.#names.isForLeader(name);
    if (!isShared) return this.#repository.saveJob(job, options);
    return saveSingle(this.#repository, job, options, this.#savesClearLocks);
  }

  /** Saves the state of a job. Rejects at the first save of a run if its term has ended meanwhile, so that it is given back. */
  async saveState(attrs: JobParameters, options: JobRepositoryOptions | undefined): Promise<void> {
    const take = takeOf(attrs);
    if (take?.state.is === 'held' && take.isLeaderOnly) {
      await this.#held.giveBack(take, { announces: false });
      const copies = 'its Agenda is another copy of the package than the one that @cluster-leader/agenda imports';
      const advice = 'Install agenda once; `npm ls agenda` lists the copies.';
      throw new ClusterLeaderError('ERR_INVALID_OPTION', `The job ${take.row.name} was not run: ${copies}. ${advice}`);
    }
    await this.#repository.saveJobState(attrs, options);
    if (take?.state.is !== 'starting') return;
    take.state.term.assertLeader();
    take.state = { is: 'begun' };
  }

  /** Unlocks one job that Agenda does not run now. */
  async unlock(attrs: JobParameters): Promise<void> {
    await this.#held.unlock(attrs);
  }

  /** Unlocks the jobs that a stopping Agenda holds. */
  async unlockAll(ids: (JobId | string)[]): Promise<void> {
    await this.#held.unlockAll(ids);
  }

  /** Takes no more jobs, gives back those that have not begun, and resolves with their number. */
  async pause(): Promise<number> {
    this.#intake.isPaused = true;
    const [count] = await Promise.all([this.#held.giveBackAll(), this.settled()]);
    return count;
  }

  /** Takes jobs again after a `pause()`; their signals are not aborted, even after `runs.abort()`. */
  resume(): void {
    this.#intake.isPaused = false;
    this.runs.allow();
  }

  /** Resolves when no query is in flight and everything that could not be used is free again. */
  async settled(): Promise<void> {
    await this.#intake.settled();
  }

  /** Gives back what has not begun, because an Agenda has unsubscribed and will not run what it holds. */
  stopped(): void {
    this.#intake.discardInFlight();
    if (this.#channel.hasStopped) this.unwatch();
    void this.#held.giveBackAll();
  }

  /** Stops listening to the leader until the next query for a leader-only job. */
  unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  async #follow(): Promise<void> {
    const { leader } = this.#rules;
    if (!leads(leader)) return void (await this.#held.giveBackAll(({ isLeaderOnly }) => isLeaderOnly));
    await this.#held.settled();
    if (leads(leader)) await this.#channel.wake(this.#names.forLeader);
  }

  #warnOfMistakes(): void {
    const { warning } = this.#names;
    if (warning !== undefined) this.#warnOnce(warning);
    if (this.#channel.wasUsed) return;
    this.#warnOnce(
      'Agenda was given a notificationChannel of its own, so an election does not wake its jobs. Give it to gateBackend as notificationChannel instead.',
    );
  }

  #warnOnce(message: string): void {
    if (this.#warnings.has(message)) return;
    this.#warnings.add(message);
    emitWarning(message);
  }
}
