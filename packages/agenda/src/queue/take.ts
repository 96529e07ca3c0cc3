import type { Term } from '@cluster-leader/core';
import type { Job, JobParameters } from 'agenda';

const STAMP = Symbol('cluster-leader');

/** Holds a take in a private field, so that printing a job does not print the take. */
class Stamp {
  readonly #take: Take;

  constructor(take: Take) {
    this.#take = take;
  }

  static read(value: unknown): Take | undefined {
    return value instanceof Stamp ? value.#take : undefined;
  }
}

/** What has happened to a job since it was taken. */
export type TakeState =
  /** It is locked and in Agenda's memory. */
  | { readonly is: 'held' }
  /** Its run has begun in this term, but Agenda has not saved that yet. */
  | { readonly is: 'starting'; readonly term: Term }
  | { readonly is: 'begun' }
  /** It was given back to the queue without a run; another replica may hold it by now. */
  | { readonly is: 'returned' };

/** Decides whether a job may run, and runs it. */
export interface RunGate {
  run(take: Take | undefined, job: Job, begin: () => Promise<void>): Promise<void>;
}

/** One job that this process has taken from the queue, with its row at that moment. */
export class Take {
  readonly gate: RunGate;
  readonly row: JobParameters;
  readonly isLeaderOnly: boolean;
  state: TakeState = { is: 'held' };
  readonly #lockDeadline: Date;
  readonly #expiresAtMs: number;

  /** `askedAtMs` is the start of the query: the time that it took counts against the lock. */
  constructor(gate: RunGate, row: JobParameters, isLeaderOnly: boolean, lockDeadline: Date, askedAtMs: number) {
    this.gate = gate;
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

  /** Whether the lock has expired: another process may have taken the job, so this one must not unlock it. */
  get isExpired(): boolean {
    return Date.now() >= this.#expiresAtMs;
  }

  /**
   * The row to save when the job is given back. It is unlocked, with one exception: the row of a job whose runner died
   * has no `nextRunAt`, and Agenda finds it only by its expired lock. Unlocked, it would never be found again.
   */
  get rowAsItWas(): JobParameters {
    const { lockedAt: _, ...row } = this.row;
    return row.nextRunAt === null ? { ...row, lockedAt: this.#lockDeadline } : row;
  }

  /** The row to hand to Agenda, which copies all its members into `job.attrs`, including the stamp. */
  get stampedRow(): JobParameters {
    const stamp = { [STAMP]: new Stamp(this) };
    return { ...this.row, ...stamp };
  }
}

/** Returns the take behind `job.attrs`, or undefined if the job was not taken through a gate. */
export function takeOf(attrs: JobParameters): Take | undefined {
  return Stamp.read(Reflect.get(attrs, STAMP));
}
