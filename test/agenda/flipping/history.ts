import type { JobName, Report } from './messages.ts';

interface Start {
  readonly replica: string;
  readonly atMs: number;
  readonly lockedAtMs: number;
}

interface Fate {
  readonly name: JobName;
  isScheduled: boolean;
  readonly begun: Start[];
  ended: number;
  isComplete: boolean;
}

/** How many jobs had which outcome. */
export interface Outcome {
  readonly jobs: number;
  readonly once: number;
  /** Started by the killed replica, and again by another after the lock had expired. Not part of another count. */
  readonly retried: number;
  readonly lost: number;
  readonly twice: number;
  /** Starts of leader-only jobs on a replica that did not lead. */
  readonly onFollowers: number;
  /** How many processes were killed while they ran a job. */
  readonly kills: number;
  /** Starts, on followers, of jobs that are not leader-only. */
  readonly othersOnFollowers: number;
}

/** Records the reports of the replicas and counts the outcomes. */
export class History {
  readonly #fates = new Map<number, Fate>();
  readonly #lockLifetimeMs: number;
  #killed: { readonly replica: string; readonly atMs: number } | undefined;
  #onFollowers = 0;
  #othersOnFollowers = 0;

  constructor(lockLifetimeMs: number) {
    this.#lockLifetimeMs = lockLifetimeMs;
  }

  /** Adds a job and returns its number. */
  add(name: JobName): number {
    const job = this.#fates.size;
    this.#fates.set(job, { name, isScheduled: false, begun: [], ended: 0, isComplete: false });
    return job;
  }

  recordKill(replica: string): void {
    this.#killed = { replica, atMs: Date.now() };
  }

  /** `holder` is the leader according to the reports so far. */
  record(replica: string, report: Report, holder: string | undefined): void {
    if (!('job' in report)) return;
    const fate = this.#fates.get(report.job);
    if (fate === undefined) return;
    if (report.what === 'scheduled') fate.isScheduled = true;
    if (report.what === 'ended') fate.ended += 1;
    if (report.what === 'complete') fate.isComplete = true;
    if (report.what !== 'begun') return;
    fate.isScheduled = true;
    fate.begun.push({ replica, atMs: report.atMs, lockedAtMs: report.lockedAtMs });
    const isByFollower = replica !== holder || report.standing !== 'leader';
    if (isByFollower && fate.name === 'leader-only') this.#onFollowers += 1;
    if (isByFollower && fate.name === 'any-replica') this.#othersOnFollowers += 1;
  }

  /** How many leader-only jobs have begun so far. */
  get beginnings(): number {
    return this.#all().reduce((sum, { name, begun }) => sum + (name === 'leader-only' ? begun.length : 0), 0);
  }

  /** Whether all jobs are complete. */
  get isOver(): boolean {
    return this.#all().every(({ isComplete }) => isComplete);
  }

  outcome(): Outcome {
    const fates = this.#all();
    const count = (test: (fate: Fate) => boolean): number => fates.filter(test).length;
    const isTwice = (fate: Fate): boolean => fate.begun.length > 1 && !this.#isRetried(fate);
    for (const fate of fates.filter(isTwice)) console.error('ran twice:', fate, 'killed:', this.#killed);
    return {
      jobs: fates.length,
      once: count(({ begun, ended }) => begun.length === 1 && ended === 1),
      retried: count((fate) => this.#isRetried(fate)),
      lost: count(({ ended }) => ended === 0),
      twice: count(isTwice),
      onFollowers: this.#onFollowers,
      kills: this.#killed === undefined ? 0 : 1,
      othersOnFollowers: this.#othersOnFollowers,
    };
  }

  /** Without jobs whose scheduling was never confirmed because the replica was killed: they need not exist. */
  #all(): readonly Fate[] {
    return Array.from(this.#fates.values()).filter(({ isScheduled }) => isScheduled);
  }

  #isRetried({ begun: [first, second, ...more], ended }: Fate): boolean {
    if (first === undefined || second === undefined || more.length > 0 || ended === 0) return false;
    const killed = this.#killed;
    if (first.replica !== killed?.replica || second.replica === killed.replica) return false;
    return second.atMs > killed.atMs && second.lockedAtMs - first.lockedAtMs >= this.#lockLifetimeMs;
  }
}

/** Whether the guarantee held: every job ran once, or again after its runner was killed, and none on a follower. */
export function isKept({ jobs, once, retried, onFollowers }: Outcome): boolean {
  return jobs > 0 && once + retried === jobs && onFollowers === 0;
}
