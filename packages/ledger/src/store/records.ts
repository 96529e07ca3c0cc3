/** The process that holds runs. */
export interface Holder {
  /** A UUID made for each `RunLedger`: a restarted container keeps the name of its pod, but must not inherit its claims. */
  readonly id: string;
  readonly namespace: string;
  readonly pod: string;
}

/** A job's name, and one instant of its schedule in whole milliseconds. */
export interface Slot {
  readonly job: string;
  readonly slot: Date;
}

/** Which term runs a slot. */
export interface RunTermRecord {
  /** The number of the term, within its process; undefined if the run went ahead without a known leader. */
  readonly term?: number | undefined;
  readonly fencingToken?: bigint | undefined;
}

/** A slot to claim for attempt 1. */
export interface SlotClaim extends Slot, RunTermRecord {
  /** Whether a sweep makes it up, as opposed to the host's tick. */
  readonly madeUp: boolean;
}

export interface ClaimLimits {
  /** How much later than the store's now a slot may be, in milliseconds. */
  readonly aheadMs: number;
  /** How much earlier, in milliseconds. */
  readonly retentionMs: number;
}

export type ClaimOutcome = 'claimed' | 'taken' | 'clock-ahead' | 'too-late';

/** Every state of a run. */
export const RUN_STATES = [
  'running', // claimed, and not ended: also if its process has died since
  'succeeded',
  'failed',
  'interrupted', // rejected after its signal aborted, or lost its process
  'skipped', // overlapped by another run of its job
  'abandoned', // interrupted too often, or too long ago, to be run again
] as const;

export type RunState = (typeof RUN_STATES)[number];

/** How one attempt ended. */
export interface RunEnd extends Slot {
  readonly attempt: number;
  readonly state: Exclude<RunState, 'running'>;
  /** The error's text, if there is one. */
  readonly error?: string | undefined;
}

/** A job as it is registered. */
export interface JobSchedule {
  readonly job: string;
  /** Expression, zone and host: a schedule that changes begins anew (ledger rule 9). */
  readonly fingerprint: string;
}

/** A registered job with its watermark: every slot up to it is claimed, skipped or given up (ledger rule 8). */
export interface JobRecord extends JobSchedule {
  readonly settled: Date;
  /** A whole number that increases by one with each change of the record. */
  readonly revision: number;
}

/** Slots of one job, ascending. */
export interface JobSlots {
  readonly job: string;
  readonly slots: readonly Date[];
}

/** A watermark to move, of a job that still has this revision. */
export interface Settlement {
  readonly job: string;
  readonly revision: number;
  readonly upTo: Date;
}

export interface InterruptedQuery {
  /** How long a run must be silent, in milliseconds. */
  readonly expiryMs: number;
  /** The jobs that the caller answers for: another app in the namespace may have others. */
  readonly jobs: readonly string[];
  /** Those of them whose interrupted runs are run again. */
  readonly rerun: readonly string[];
}

/** A run that has lost its process. */
export interface InterruptedRun extends Slot {
  readonly attempt: number;
  readonly state: 'running' | 'interrupted';
  /** The id of the holder that lost it. */
  readonly holder: string;
  readonly pod: string;
}

/** A run to take over, as `interrupted()` described it, and the term that does. */
export interface TakeOver extends Omit<InterruptedRun, 'pod'>, RunTermRecord {}

/** A term of this process. */
export interface TermNote {
  readonly election: string;
  readonly number: number;
  readonly fencingToken?: bigint | undefined;
  readonly from: Date;
  /** When and why it ended; undefined while it lasts. */
  readonly to?: Date | undefined;
  readonly reason?: string | undefined;
}

/** How often this process has skipped a job for one reason within one minute. */
export interface SkipNote {
  readonly job: string;
  readonly reason: string;
  /** The beginning of the minute. */
  readonly minute: Date;
  readonly count: number;
}

export interface Notes {
  readonly terms: readonly TermNote[];
  readonly skips: readonly SkipNote[];
}

/** The record of one slot: its newest attempt. */
export interface RunRecord extends Slot, RunTermRecord {
  readonly state: RunState;
  readonly attempt: number;
  readonly madeUp: boolean;
  /** The id of the process that holds or held it. */
  readonly holder: string;
  readonly pod: string;
  /** When this attempt was claimed, by the store's clock. */
  readonly claimedAt: Date;
  readonly endedAt?: Date | undefined;
  readonly error?: string | undefined;
}

export interface TermRecord extends TermNote {
  readonly holder: string;
  readonly pod: string;
}

export interface SkipRecord extends SkipNote {
  readonly pod: string;
}

/** What is common to all queries; `limit` and its bounds are the ledger's to check. */
interface PeriodQuery {
  /** Only what is at this instant or later. */
  readonly from?: Date | undefined;
  /** Only what is before this instant. */
  readonly to?: Date | undefined;
  /** How many records at most. */
  readonly limit: number;
}

/** Selects runs by their slot. */
export interface RunQuery extends PeriodQuery {
  readonly job?: string | undefined;
  readonly state?: RunState | undefined;
}

/** Selects terms by their beginning. */
export type TermQuery = PeriodQuery;

/** Selects skips by their minute. */
export interface SkipQuery extends PeriodQuery {
  readonly job?: string | undefined;
}
