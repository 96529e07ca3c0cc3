import { currentTerm } from '@cluster-leader/core';
import type { Job, JobId, JobParameters, JobRepository, JobRepositoryOptions } from 'agenda';
import type { GateRules } from './gate-options.ts';
import { refusal, warn } from './refusal.ts';
import { retryOnLoss } from './retry-on-loss.ts';
import { saveSingle } from './save-single.ts';
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
  /** The jobs that Agenda has asked for, and whether they are for the leader alone. */
  readonly #names = new Map<string, boolean>();
  readonly #warnings = new Set<string>();
  #givingBack: Promise<void> = Promise.resolve();
  /** Goes up when an Agenda stops: what its last queries bring has nobody to run it. */
  #round = 0;
  #retries = 0;
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
  async next(...query: Next): Promise<JobParameters | undefined> {
    const { leader, isLeaderOnly } = this.#rules;
    const [name] = query;
    this.#names.set(name, isLeaderOnly(name));
    await Promise.resolve(); // a scan asks for all names in one go, and a new Agenda listens right after its first
    if (this.#isPaused || this.#channel().hasStopped) return undefined;
    this.#warnOfMistakes();
    const isForLeader = this.#isForLeader(name);
    if (isForLeader) {
      this.#unwatch ??= leader.on('standing', () => this.#follow());
      if (!leader.isLeaderNow()) return undefined; // it throws where it is unknown who leads and that is to throw
    }
    const taking = this.#take(isForLeader, query);
    this.#queries.add(taking);
    try {
      return await taking;
    } finally {
      this.#queries.delete(taking);
    }
  }

  /** Saves a job as a program has scheduled it. */
  async save<DATA>(job: JobParameters<DATA>, options: JobRepositoryOptions | undefined): Promise<JobParameters<DATA>> {
    const { _id, name, type } = job;
    const isShared = _id === undefined && type === 'single' && (this.isLeaderOnly(name) || this.#strangers.length > 0);
    return isShared ? saveSingle(this.#repository, job, options) : this.#repository.saveJob(job, options);
  }

  /** Saves how far a job is. The first time, it begins: where the term has ended by then, it goes back instead. */
  async saveState(...[attrs, options]: Save): Promise<void> {
    const take = takeOf(attrs);
    if (take?.state === 'held' && take.isLeaderOnly) {
      await this.#giveBack(take, false);
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
    if (take === undefined) return this.#repository.unlockJob(attrs);
    this.#stale.delete(take);
    if (take.state === 'held') await this.#giveBack(take, false);
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

  /** Runs a job, if it may still run; resolves without a run where it may not. Without a take it is `job.run()` by hand. */
  run(take: Take | undefined, job: Job, begin: () => Promise<void>): Promise<void> {
    if (take === undefined || take.state === 'begun') return this.#runByHand(job, begin);
    const run = this.#run(take, job, begin).finally(() => this.#runs.delete(run));
    this.#runs.set(run, take);
    return run;
  }

  /** How many jobs run at the moment. */
  get running(): number {
    return Array.from(this.#runs.values()).filter(({ state }) => state === 'starting' || state === 'begun').length;
  }

  /** How many jobs have gone back into the queue so far because their term ended while they ran. */
  get retries(): number {
    return this.#retries;
  }

  /** Gives back what has not begun, and resolves with how much of it is free again. */
  async giveBackAll(isMeant: (take: Take) => boolean = () => true): Promise<number> {
    const takes = [...this.#held].filter(isMeant);
    for (const take of takes) this.#stale.add(take);
    const given = Promise.all(takes.map((take) => this.#giveBack(take)));
    this.#givingBack = Promise.all([this.#givingBack, given]).then(() => undefined);
    const isFree = await given;
    return isFree.filter(Boolean).length;
  }

  /** Takes no more, gives back what has not begun, and resolves with the number of it. */
  async pause(): Promise<number> {
    this.#isPaused = true;
    const [count] = await Promise.all([this.giveBackAll(), this.settled()]);
    return count;
  }

  /** Resolves once all queries are over and what they brought in vain is free again. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#queries);
    await this.#givingBack;
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
    if (this.#channel().hasStopped) this.unwatch();
    void this.giveBackAll();
  }

  /** Looks no more at who leads, until a job is looked for again. */
  unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  async #take(isLeaderOnly: boolean, query: Next): Promise<JobParameters | undefined> {
    const [, , lockDeadline] = query;
    const askedAtMs = Date.now();
    const round = this.#round;
    const row = await this.#repository.getNextJobToRun(...query);
    if (row === undefined) return undefined;
    const take = new Take(this, row, isLeaderOnly, lockDeadline, askedAtMs);
    this.#held.add(take);
    if (this.#round === round && !this.#isPaused && (!isLeaderOnly || this.#leads())) return take.stampedRow;
    await this.#giveBack(take);
    return undefined;
  }

  async #run(take: Take, job: Job, begin: () => Promise<void>): Promise<void> {
    try {
      if (take.state !== 'held') return;
      if (take.isLeaderOnly) {
        await this.#runIfLeader(job, () => this.#begin(take, job, begin));
        if (take.state === 'held') await this.#giveBack(take);
      } else {
        this.#held.delete(take);
        take.state = 'begun';
        await begin();
      }
    } finally {
      if (take.state === 'held') await this.#giveBack(take, false);
      this.#stale.delete(take);
    }
  }

  /** Here the Agenda is at hand, which may never have been started and so have asked for no name. */
  async #runByHand(job: Job, begin: () => Promise<void>): Promise<void> {
    const isMistaken = this.#rules.listed.some((name) => !Object.hasOwn(job.agenda.definitions, name));
    if (!isMistaken && !this.isLeaderOnly(job.attrs.name)) return begin();
    await this.#runIfLeader(job, () => this.#work(job, job.attrs.nextRunAt, begin));
  }

  /** Resolves also if the job ends by the loss of its term; the leader emits `skipped` or `interrupted`. */
  async #runIfLeader({ attrs: { name } }: Job, task: () => Promise<void>): Promise<void> {
    const { leader, maxAgeMs } = this.#rules;
    await leader.gate(task, { name, signal: this.#ending.signal, maxAgeMs })();
  }

  async #begin(take: Take, job: Job, begin: () => Promise<void>): Promise<void> {
    if (take.state !== 'held' || take.isExpired) return; // the check took its time
    const term = currentTerm();
    this.#held.delete(take);
    take.state = 'starting';
    take.term = term;
    // A function sees its term's signal by itself, and a signal that nobody looks at is never made.
    const endCancelling = job.attrs.fork === true ? cancelWith(term.signal, job) : undefined;
    try {
      // A job whose runner died has no time of its own, so it is due at once.
      await this.#work(job, take.row.nextRunAt ?? new Date(), begin);
    } catch (error) {
      if (take.state !== 'starting' || !term.signal.aborted) throw error;
      await this.#giveBack(take);
    } finally {
      endCancelling?.();
    }
  }

  /** Runs the job in its term. If the end of that ends the job, it is due again at `dueAt`, and the others are told. */
  async #work(job: Job, dueAt: Date | null, begin: () => Promise<void>): Promise<void> {
    if (!this.#rules.retryOnLoss) return begin();
    const loss = await retryOnLoss(currentTerm(), job, dueAt, begin);
    if (loss === undefined) return;
    this.#retries += 1;
    await this.#channel().announce(job.attrs);
    throw loss; // by which the leader emits `interrupted`
  }

  /**
   * Resolves with whether it is free.
   *
   * It is no news to tell where this replica leads and cannot run it now: it hears it too, and would take it again at once.
   */
  async #giveBack(take: Take, isNews = true): Promise<boolean> {
    const isUntouched = take.state === 'held' && take.row.nextRunAt !== null;
    this.#held.delete(take);
    take.state = 'returned';
    if (take.isExpired) return false;
    try {
      if (isUntouched) await this.#repository.unlockJob(take.row);
      else await this.#repository.saveJobState(take.rowAsItWas, undefined);
      if (isNews) await this.#channel().announce(take.row);
      return true;
    } catch (error) {
      warn(
        `The job ${take.row.name} (${take.id}) could not be given back, and waits until its lock expires: ${String(error)}`,
      );
      return false;
    }
  }

  /** Whether the leader alone takes jobs of this name. While a listed name is that of no job here, each may be meant. */
  #isForLeader(name: string): boolean {
    return this.#names.get(name) === true || this.#strangers.length > 0;
  }

  get #strangers(): readonly string[] {
    return this.#rules.listed.filter((name) => !this.#names.has(name));
  }

  #warnOfMistakes(): void {
    const strangers = this.#strangers;
    if (strangers.length > 0) {
      const rule = `it must name jobs that are defined here, which are ${[...this.#names.keys()].join(', ')}`;
      const advice =
        'As any of them may be meant, the leader alone takes them all. List only these, or give a function.';
      this.#warn(`leaderOnly names ${strangers.join(', ')}, but ${rule}. ${advice}`);
    }
    if (!this.#channel().wasUsed) {
      const advice = 'Give it to gateBackend as notificationChannel instead.';
      this.#warn(`Agenda has a notificationChannel of its own, so an election wakes no job. ${advice}`);
    }
  }

  #warn(message: string): void {
    if (this.#warnings.has(message)) return;
    this.#warnings.add(message);
    warn(message);
  }

  async #follow(): Promise<void> {
    if (!this.#leads()) return void (await this.giveBackAll((take) => take.isLeaderOnly));
    await this.#givingBack;
    if (!this.#leads()) return;
    await this.#channel().wake([...this.#names.keys()].filter((name) => this.#isForLeader(name)));
  }

  #leads(): boolean {
    try {
      return this.#rules.leader.isLeaderNow();
    } catch {
      return false; // it is unknown who leads, and that throws
    }
  }
}

/** Cancels a job, which its worker hears of, when the signal aborts; returns what ends this. */
function cancelWith(signal: AbortSignal, job: Job): () => void {
  const cancel = (): void => job.cancel(signal.reason);
  signal.addEventListener('abort', cancel);
  return () => signal.removeEventListener('abort', cancel);
}
