import type { Term } from '@cluster-leader/core';
import type { Job, JobParameters } from 'agenda';

const STAMP = Symbol('cluster-leader');

/** Carries a take, so that a job can be printed without all that a take holds. */
class Stamp {
  readonly #take: Take;

  constructor(take: Take) {
    this.#take = take;
  }

  static read(value: unknown): Take | undefined {
    return value instanceof Stamp ? value.#take : undefined;
  }
}

/** Where a job is on its way: locked and in memory, begun but not yet saved as such, begun, or back in the queue. */
type TakeState = 'held' | 'starting' | 'begun' | 'returned';

/** Who decides whether a job runs, and what becomes of those it has taken. */
export interface Taker {
  run(take: Take | undefined, job: Job, begin: () => Promise<void>): Promise<void>;
}

/** One job taken from the queue by this process, and the row as it was then. */
export class Take {
  readonly taker: Taker;
  readonly row: JobParameters;
  readonly isLeaderOnly: boolean;
  state: TakeState = 'held';
  /** The term in which it starts. */
  term: Term | undefined;
  readonly #lockDeadline: Date;
  readonly #expiresAtMs: number;

  /** `askedAtMs` is when the query began: one that took long has used up as much of the lock. */
  constructor(taker: Taker, row: JobParameters, isLeaderOnly: boolean, lockDeadline: Date, askedAtMs: number) {
    this.taker = taker;
    this.row = row;
    this.isLeaderOnly = isLeaderOnly;
    this.#lockDeadline = lockDeadline;
    const lockLifetimeMs = askedAtMs - lockDeadline.getTime();
    this.#expiresAtMs = (row.lockedAt?.getTime() ?? askedAtMs) + lockLifetimeMs;
  }

  get id(): string {
    const { _id } = this.row;
    return String(_id);
  }

  /** Whether another process may have taken it meanwhile, so that its lock is not ours to end. */
  get isExpired(): boolean {
    return Date.now() >= this.#expiresAtMs;
  }

  /**
   * The row as others must find it. A job that nobody has begun is unlocked. One whose runner died has no `nextRunAt`,
   * and only its expired lock says that it is still to be done: unlocked, it would never be found again.
   */
  get rowAsItWas(): JobParameters {
    const { lockedAt: _, ...row } = this.row;
    return row.nextRunAt === null ? { ...row, lockedAt: this.#lockDeadline } : row;
  }

  /** What Agenda gets: it copies each member of the row into `job.attrs`, the stamp as well. */
  get stampedRow(): JobParameters {
    const stamp = { [STAMP]: new Stamp(this) };
    return { ...this.row, ...stamp };
  }
}

/** The take that `job.attrs` comes from; undefined where it was not taken through the gate. */
export function takeOf(attrs: JobParameters): Take | undefined {
  return Stamp.read(Reflect.get(attrs, STAMP));
}
