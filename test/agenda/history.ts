import type { JobName, News } from './messages.ts';

interface Beginning {
  readonly replica: string;
  readonly atMs: number;
  readonly lockedAtMs: number;
}

interface Fate {
  readonly name: JobName;
  isScheduled: boolean;
  readonly begun: Beginning[];
  ended: number;
  isComplete: boolean;
}

/** What became of the jobs. */
export interface Outcome {
  readonly jobs: number;
  readonly once: number;
  /** Begun by the replica that was killed, and by another once its lock had expired. Part of no other count. */
  readonly retried: number;
  readonly lost: number;
  readonly twice: number;
  /** Leader-only jobs that began on a replica that did not lead. */
  readonly onFollowers: number;
  /** How many processes were killed with a job in their hands. */
  readonly kills: number;
  /** How many of the jobs for anybody ran on followers. */
  readonly othersOnFollowers: number;
}

/** Writes down what the replicas tell, and judges it. */
export class History {
  readonly #fates = new Map<number, Fate>();
  readonly #lockLifetimeMs: number;
  #killed: { readonly replica: string; readonly atMs: number } | undefined;
  #onFollowers = 0;
  #othersOnFollowers = 0;

  constructor(lockLifetimeMs: number) {
    this.#lockLifetimeMs = lockLifetimeMs;
  }

  add(name: JobName): number {
    const job = this.#fates.size;
    this.#fates.set(job, { name, isScheduled: false, begun: [], ended: 0, isComplete: false });
    return job;
  }

  killed(replica: string): void {
    this.#killed = { replica, atMs: Date.now() };
  }

  /** `holder` is who leads by what the replicas have told so far. */
  hear(replica: string, news: News, holder: string | undefined): void {
    if (!('job' in news)) return;
    const fate = this.#fates.get(news.job);
    if (fate === undefined) return;
    if (news.what === 'scheduled') fate.isScheduled = true;
    if (news.what === 'ended') fate.ended += 1;
    if (news.what === 'complete') fate.isComplete = true;
    if (news.what !== 'begun') return;
    fate.isScheduled = true;
    fate.begun.push({ replica, atMs: news.atMs, lockedAtMs: news.lockedAtMs });
    const isByFollower = replica !== holder || news.standing !== 'leader';
    if (isByFollower && fate.name === 'leader-only') this.#onFollowers += 1;
    if (isByFollower && fate.name === 'anybody') this.#othersOnFollowers += 1;
  }

  /** How often a leader-only job has begun so far. */
  get beginnings(): number {
    return this.#all().reduce((sum, { name, begun }) => sum + (name === 'leader-only' ? begun.length : 0), 0);
  }

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

  /** A job whose scheduling was never confirmed, because its replica was killed, is nobody's promise. */
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

/** Whether all is as promised: every job ran once, or again where its runner was killed, and none on a follower. */
export function isKept({ jobs, once, retried, onFollowers }: Outcome): boolean {
  return jobs > 0 && once + retried === jobs && onFollowers === 0;
}
