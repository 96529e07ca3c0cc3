import type { JobOptions } from '../job/job-options.ts';
import type { InterruptedRun } from '../store/records.ts';

/** How long after its instant a slot may still be claimed by its own tick, in milliseconds. */
export const TICK_MARGIN_MS = 5_000;

/** Missed slots that are not made up. */
interface GivenUp {
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CatchUpDecision {
  /** The slots to make up, ascending. */
  readonly makeUp: readonly number[];
  readonly giveUp: GivenUp | undefined;
}

/** The latest instant that a sweep looks at: what is younger may still be claimed by its own tick (ledger rule 10). */
export function sweepEndMs(nowMs: number, randomDelayMs: number): number {
  return nowMs - TICK_MARGIN_MS - Math.ceil(randomDelayMs);
}

/**
 * Decides what to do with the slots that nothing has claimed (ledger rules 10 to 12).
 *
 * `newestMs` is the newest slot that is due, claimed or not, if it is known. `missing` are ascending.
 */
export function decideCatchUp(
  { catchUp, catchUpWindowMs, maxCatchUp }: Pick<JobOptions, 'catchUp' | 'catchUpWindowMs' | 'maxCatchUp'>,
  nowMs: number,
  newestMs: number | undefined,
  missing: readonly number[],
): CatchUpDecision {
  const recent = missing.filter((slot) => slot > nowMs - catchUpWindowMs);
  let makeUp: readonly number[] = [];
  if (catchUp === 'all') makeUp = recent.slice(-maxCatchUp);
  else if (catchUp === 'latest') makeUp = recent.filter((slot) => slot === newestMs);
  const giveUp = missing.slice(0, missing.length - makeUp.length);
  const [fromMs] = giveUp;
  const toMs = giveUp.at(-1);
  if (fromMs === undefined || toMs === undefined) return { makeUp, giveUp: undefined };
  return { makeUp, giveUp: { count: giveUp.length, fromMs, toMs } };
}

/** What is done with an interrupted run (ledger rule 17). */
export type InterruptedDecision = 'leave' | 'rerun' | 'abandon';

/** Decides what to do with a run that has lost its process, or that ended as interrupted. */
export function decideInterrupted(
  { interrupted, maxAttempts, catchUpWindowMs }: Pick<JobOptions, 'interrupted' | 'maxAttempts' | 'catchUpWindowMs'>,
  nowMs: number,
  { attempt, slot }: Pick<InterruptedRun, 'attempt' | 'slot'>,
): InterruptedDecision {
  if (interrupted === 'leave') return 'leave';
  return attempt < maxAttempts && slot.getTime() > nowMs - catchUpWindowMs ? 'rerun' : 'abandon';
}
