import type { Term } from '@cluster-leader/core';
import type { Job, JobId, JobParameters, JobRepository } from 'agenda';
import type { GateRules } from './gate-options.ts';
import { refusal, warn } from './refusal.ts';
import { Take, takeOf, type Taker } from './take.ts';
import type { WakeableChannel } from './wakeable-channel.ts';

type Next = Parameters<JobRepository['getNextJobToRun']>;
type Save = Parameters<JobRepository['saveJobState']>;

/** Takes jobs from a repository as far as this replica may, and gives back what it has not begun. */
export class GatedQueue implements Taker {
  readonly #repository: JobRepository;
  readonly #rules: GateRules;
  readonly #channel: () => WakeableChannel;
  /** What is locked and in Agenda's memory, and has not begun. */
  readonly #held = new Set<Take>();
  /** What has been given back and yet lies in Agenda's memory: it may be another replica's by now. */
  readonly #stale = new Set<Take>();
  readonly #queries = new Set<Promise<unknown>>();
  readonly #runs = new Map<Promise<void>, Take>();
  readonly #leaderOnlyNames = new Set<string>();
  readonly #allNames = new Set<string>();
  #givingBack: Promise<unknown> = Promise.resolve();
  /** Goes up when an Agenda stops: what its last queries bring has nobody to run it. */
  #round = 0;
  #isPaused = false;
  #ending = new AbortController();
  #unwatch: (() => void) | undefined;

  constructor(repository: JobRepository, rules: GateRules, channel: () => WakeableChannel) {
    this.#repository = repository;
    this.#rules = rules;
    this.#channel = channel;
  }

  isLeaderOnly(name: string): boolean {
    return this.#rules.isLeaderOnly(name);
  }

  /** Locks the next job of a name, where this replica may run it. */
  next(...query: Next): Promise<JobParameters | undefined> {
    const [name, , lockDeadline] = query;
    return this.#take(name, lockDeadline, () => this.#repository.getNextJobToRun(...query));
  }

  /** Saves how far a job is. The first time, it begins: where the term has ended by then, it goes back instead. */
  async saveState(...[attrs, options]: Save): Promise<void> {
    const take = takeOf(attrs);
    if (take?.state === 'held' && take.isLeaderOnly) {
      await this.#giveBack(take);
      throw refusal(
        'backend',
        take.row.name,
        'used by the Agenda that @cluster-leader/agenda imports, not by another copy',
      );
    }
    await this.#repository.saveJobState(attrs, options);
    if (take?.state !== 'starting') return;
    take.term?.assertLeader();
    take.state = 'begun';
  }

  /** Agenda gives one job back, because it may hold no more or because it took one too early. */
  async unlock(attrs: JobParameters): Promise<void> {
    const take = takeOf(attrs);
    if (take === undefined) await this.#repository.unlockJob(attrs);
    else if (take.state === 'held') await this.#giveBack(take);
  }

  /** Agenda stops, and gives back all it holds; what it holds no more is not touched. */
  async unlockAll(ids: (JobId | string)[]): Promise<void> {
    const asked = new Set(ids.map(String));
    const mine = new Set([...this.#held, ...this.#stale].map(({ id }) => id));
    const others = ids.filter((id) => !mine.has(String(id)));
    await this.giveBackAll(({ id }) => asked.has(id));
    await this.#givingBack;
    this.#stale.clear();
    if (others.length > 0) await this.#repository.unlockJobs(others);
  }

  /** Runs a job that was taken, if it may still run. Resolves without a run where it went back. */
  run(take: Take, job: Job, begin: () => Promise<void>): Promise<void> {
    const run = this.#run(take, job, begin).finally(() => this.#runs.delete(run));
    this.#runs.set(run, take);
    return run;
  }

  /** How many jobs run at the moment. */
  get running(): number {
    return Array.from(this.#runs.values()).filter(({ state }) => state === 'starting' || state === 'begun').length;
  }

  /** Gives back what has not begun, and resolves once it is free. */
  async giveBackAll(isMeant: (take: Take) => boolean = () => true): Promise<number> {
    const takes = [...this.#held].filter(isMeant);
    for (const take of takes) this.#stale.add(take);
    const all = Promise.all(takes.map((take) => this.#giveBack(take)));
    this.#givingBack = Promise.all([this.#givingBack, all]);
    await all;
    return takes.length;
  }

  /** Takes no more, gives back what has not begun, and resolves with the number of it. */
  async pause(): Promise<number> {
    this.#isPaused = true;
    const [, count] = await Promise.all([Promise.allSettled(this.#queries), this.giveBackAll()]);
    return count;
  }

  /** Resolves once nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.allSettled(this.#runs.keys());
  }

  /** Takes jobs again. */
  resume(): void {
    this.#isPaused = false;
    this.#ending = new AbortController();
  }

  /** Aborts the signals of what runs. */
  abortRuns(): void {
    this.#ending.abort();
  }

  /** An Agenda has stopped listening, so it will run nothing of what it holds. */
  stopped(): void {
    this.#round += 1;
    void this.giveBackAll();
  }

  /** Looks no more at who leads, until a job is looked for again. */
  unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  async #take(
    name: string,
    lockDeadline: Date,
    lock: () => Promise<JobParameters | undefined>,
  ): Promise<JobParameters | undefined> {
    const { leader, isLeaderOnly: judge } = this.#rules;
    const isLeaderOnly = judge(name);
    this.#notice(name, isLeaderOnly);
    const round = this.#round;
    if (this.#isPaused || (isLeaderOnly && !leader.isLeaderNow())) return undefined;
    const query = (async () => {
      const row = (await lock()) ?? undefined;
      if (row === undefined) return undefined;
      const take = new Take(this, row, isLeaderOnly, lockDeadline);
      this.#held.add(take);
      if (this.#round === round && !this.#isPaused && (!isLeaderOnly || this.#leads())) return take.stampedRow;
      await this.#giveBack(take);
      return undefined;
    })();
    this.#queries.add(query);
    try {
      return await query;
    } finally {
      this.#queries.delete(query);
    }
  }

  async #run(take: Take, job: Job, begin: () => Promise<void>): Promise<void> {
    const { leader, maxAgeMs } = this.#rules;
    try {
      if (take.state !== 'held') return;
      if (take.isLeaderOnly) {
        const options = { name: take.row.name, signal: this.#ending.signal, maxAgeMs };
        await leader.runIfLeader((term) => this.#begin(take, term, job, begin), options);
      } else {
        this.#held.delete(take);
        take.state = 'begun';
        await begin();
      }
    } finally {
      if (take.state === 'held') await this.#giveBack(take);
      this.#stale.delete(take);
    }
  }

  async #begin(take: Take, term: Term, job: Job, begin: () => Promise<void>): Promise<void> {
    if (take.state !== 'held') return;
    this.#held.delete(take);
    take.state = 'starting';
    take.term = term;
    const cancel = (): void => job.cancel(term.signal.reason);
    if (job.attrs.fork === true) term.signal.addEventListener('abort', cancel);
    try {
      await begin();
    } catch (error) {
      if (take.state !== 'starting' || !term.signal.aborted) throw error;
      await this.#giveBack(take);
    } finally {
      term.signal.removeEventListener('abort', cancel);
    }
  }

  async #giveBack(take: Take): Promise<void> {
    const isUntouched = take.state === 'held' && take.row.nextRunAt !== null;
    this.#held.delete(take);
    take.state = 'returned';
    if (take.isExpired) return;
    try {
      if (isUntouched) await this.#repository.unlockJob(take.row);
      else await this.#repository.saveJobState(take.rowAsItWas, undefined);
      await this.#channel().announce(take.row);
    } catch (error) {
      warn(
        `The job ${take.row.name} (${take.id}) could not be given back, and waits until its lock expires: ${String(error)}`,
      );
    }
  }

  /** The first scan of a name begins watching, and the first scan of all shows whether things fit together. */
  #notice(name: string, isLeaderOnly: boolean): void {
    if (this.#allNames.size === 0) queueMicrotask(() => this.#lookForMistakes());
    this.#allNames.add(name);
    if (!isLeaderOnly) return;
    this.#leaderOnlyNames.add(name);
    this.#unwatch ??= this.#rules.leader.on('standing', () => this.#follow());
  }

  #lookForMistakes(): void {
    const known = [...this.#allNames];
    const unknown = this.#rules.listed.filter((name) => !this.#allNames.has(name));
    if (unknown.length > 0) {
      warn(`leaderOnly names ${unknown.join(', ')}, but the jobs defined here are ${known.join(', ')}.`);
    }
    if (!this.#channel().isUsed) {
      const advice = 'Give it to gateBackend as notificationChannel instead.';
      warn(`Agenda has a notificationChannel of its own, so an election wakes no job before the next scan. ${advice}`);
    }
  }

  async #follow(): Promise<void> {
    if (!this.#leads()) return void (await this.giveBackAll((take) => take.isLeaderOnly));
    await this.#givingBack;
    if (this.#leads()) await this.#channel().wake(this.#leaderOnlyNames);
  }

  #leads(): boolean {
    try {
      return this.#rules.leader.isLeaderNow();
    } catch {
      return false; // it is unknown who leads, and that throws
    }
  }
}
