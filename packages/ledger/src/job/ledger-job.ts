import type { NotLeadingReason, Term } from '@cluster-leader/core';
import type { LedgerSkipReason } from '../runs/skip-reason.ts';
import type { Run } from '../runs/run.ts';

/** What is done with slots that nothing has claimed. */
export type CatchUp = 'none' | 'latest' | 'all';

/** What is done with a run whose process was lost, or that rejected after its signal aborted. */
export type OnInterrupted = 'leave' | 'rerun';

/** Does the work of one run. */
export type LedgerTask = (run: Run, term: Term) => unknown;

/** What the user of a host sets for each job. */
export interface CatchUpOptions {
  /**
   * Default `'none'`: missed slots are given up, and reported. `'latest'` runs the newest one, `'all'` each, oldest first.
   *
   * It needs the host's `nextSlot`.
   */
  readonly catchUp?: CatchUp | undefined;
  /** How far back missed slots are made up, in milliseconds. Default 24 hours; must be below the ledger's `retentionMs`. */
  readonly catchUpWindowMs?: number | undefined;
  /** How many slots `'all'` makes up at most, the newest ones. Default 100. */
  readonly maxCatchUp?: number | undefined;
  /**
   * Default `'leave'`: a slot begins at most once, and its interruption is reported. `'rerun'` runs it again, so that it is
   * completed at least once as long as its attempts last.
   */
  readonly interrupted?: OnInterrupted | undefined;
  /** How often `'rerun'` begins a slot at most. Default 3; then it is abandoned, and reported. */
  readonly maxAttempts?: number | undefined;
}

/** A job as a host registers it. */
export interface LedgerJobOptions extends CatchUpOptions {
  /** Unique in the namespace; a renamed job is a new one. */
  readonly name: string;
  /** Expression, zone and host in one text. If it changes, catch-up begins anew: a new schedule has missed nothing yet. */
  readonly fingerprint: string;
  /**
   * The host's own next-fire function: returns the first slot after `after`, and null or undefined if there is none.
   *
   * Without it nothing is made up, and `catchUp` other than `'none'` is refused.
   */
  readonly nextSlot?: ((after: Date) => Date | null | undefined) | undefined;
  /** Whether regular and made-up runs of this process exclude each other, as under `noOverlap`. Default false. */
  readonly exclusive?: boolean | undefined;
  /** The longest random delay of the host's ticks, in milliseconds: a slot is not missed before it has passed. Default 0. */
  readonly randomDelayMs?: number | undefined;
  /** Does the work of runs that are made up, and of those that are given no task of their own. */
  readonly task: LedgerTask;
}

/** How one tick is to be run. */
export interface TickOptions<T> {
  /** Does the work of this run alone, in place of the job's task. */
  readonly task?: ((run: Run, term: Term) => T | PromiseLike<T>) | undefined;
  /** As in `runIfLeader`, for the question that precedes the claim; Infinity if the host has just asked. */
  readonly maxAgeMs?: number | undefined;
  /** Ends the run when it aborts, as when the host stops. */
  readonly signal?: AbortSignal | undefined;
}

/** What a tick came to: the value of the task, or why it was skipped. */
export type LedgerRunResult<T> =
  | { readonly ran: true; readonly value: T }
  | { readonly ran: false; readonly reason: NotLeadingReason | LedgerSkipReason };

/** A job in the ledger, for the host that registered it. */
export interface LedgerJob {
  /**
   * Runs one slot: if this pod leads, the slot is claimed, and if it then still leads, the task is called (ledger rule 4).
   *
   * `slot` is the scheduled instant, not the present one. Rejects with the task's own error, as `runIfLeader` does; skips are
   * reported by the leader or by the ledger. Call it for ticks only: a run by hand has no slot.
   */
  run<T = unknown>(slot: Date, options?: TickOptions<T>): Promise<LedgerRunResult<T>>;
  /**
   * Resolves with the newest slot that is not later than `at`, for hosts whose ticks do not say which slot they are for;
   * undefined if there is none. Found with `nextSlot` alone.
   */
  slotAt(at: Date): Promise<Date | undefined>;
  /** Records a slot that the host did not run because another run of the job was under way. Does nothing on a follower. */
  overlapped(slot: Date): void;
  /** Looks for missed slots now, as the host has noticed that it missed some. Does nothing on a follower. */
  missed(): void;
  /** Makes nothing up any more, and ends the job's runs; resolves once those have settled. The name is free again at once. */
  close(): Promise<void>;
}
