import type { Bill } from './demo-event.ts';

/** The slots of the demo: one a second, beginning with the first that ran. */
export interface Span {
  readonly fromMs: number;
  readonly slots: number;
}

/** The totals of the demo, counted from what the job has recorded. */
export interface Summary {
  readonly slots: number;
  readonly runs: number;
  /** Runs that a sweep made up, including those that were begun again. */
  readonly madeUp: number;
  /** Runs that were begun again, because the first attempt lost its process or its term. */
  readonly rerun: number;
  /** Slots that ran more than once. */
  readonly duplicates: number;
  /** Slots that never ran. */
  readonly missing: number;
  /** How long after its slot a made-up run ended, in the middle and at most; undefined if none was made up. */
  readonly medianDelaySeconds: number | undefined;
  readonly longestDelaySeconds: number | undefined;
}

/** Counts the runs of `span`; others are ignored. */
export function summarize(bills: readonly Bill[], { fromMs, slots }: Span): Summary {
  const runs = bills.filter(({ slotMs }) => slotMs >= fromMs && slotMs < fromMs + 1_000 * slots);
  const bySlot = Map.groupBy(runs, ({ slotMs }) => slotMs);
  const madeUp = runs.filter((bill) => bill.madeUp);
  const delays = madeUp.map(({ atMs, slotMs }) => Math.round((atMs - slotMs) / 100) / 10).toSorted((a, b) => a - b);
  return {
    slots,
    runs: runs.length,
    madeUp: madeUp.length,
    rerun: runs.filter(({ attempt }) => attempt > 1).length,
    duplicates: [...bySlot.values()].filter((ofSlot) => ofSlot.length > 1).length,
    missing: slots - bySlot.size,
    medianDelaySeconds: delays[Math.floor(delays.length / 2)],
    longestDelaySeconds: delays.at(-1),
  };
}
