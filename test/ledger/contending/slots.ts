import type { ClaimLimits, RunState, Slot } from '@cluster-leader/ledger';

const JOBS = 30;
const SLOTS_OF_JOB = 10;

/** How many slots are contended for. */
export const SLOTS: number = JOBS * SLOTS_OF_JOB;
/** How many of them one call claims or ends. */
export const BATCH = 25;

export const LIMITS: ClaimLimits = { aheadMs: 5_000, retentionMs: 86_400_000 };

/** Returns the slots; their numbers are their indices. */
export function slotsFrom(firstMs: number): readonly Slot[] {
  return Array.from({ length: SLOTS }, (_, number) => ({
    job: `job-${number % JOBS}`,
    slot: new Date(firstMs - Math.floor(number / JOBS) * 60_000),
  }));
}

/** Whether its first holder gives the slot back unbegun. */
export function isReleased(number: number): boolean {
  return number % 3 === 0;
}

/** The outcome that a contender records, by which it can be told from the others. */
export function stateBy(pod: string): Exclude<RunState, 'running'> {
  if (pod === 'pod-0') return 'succeeded';
  return pod === 'pod-1' ? 'failed' : 'interrupted';
}
