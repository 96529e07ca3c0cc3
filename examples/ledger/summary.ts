import type { Bill, DemoEvent } from './demo-event.ts';

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
  /** How often a second leader was refused a slot, because it had been claimed. */
  readonly refused: number;
  /** Slots that ran more than once. */
  readonly duplicates: number;
  /** Slots that never ran. */
  readonly missing: number;
  /** How long after its slot a made-up run ended, in the middle and at most; undefined if none was made up. */
  readonly medianDelaySeconds: number | undefined;
  readonly longestDelaySeconds: number | undefined;
}

/** Counts the runs of `span`, and what was refused in it; others are ignored. */
export function summarize(bills: readonly Bill[], events: readonly DemoEvent[], { fromMs, slots }: Span): Summary {
  const isInSpan = ({ slotMs = 0 }: { readonly slotMs?: number }): boolean =>
    slotMs >= fromMs && slotMs < fromMs + 1_000 * slots;
  const runs = bills.filter(isInSpan);
  const bySlot = Map.groupBy(runs, ({ slotMs }) => slotMs);
  const madeUp = runs.filter((bill) => bill.madeUp);
  const delays = madeUp.map(({ atMs, slotMs }) => Math.round((atMs - slotMs) / 100) / 10).toSorted((a, b) => a - b);
  return {
    slots,
    runs: runs.length,
    madeUp: madeUp.length,
    rerun: runs.filter(({ attempt }) => attempt > 1).length,
    refused: events.filter((event) => event.what === 'refused' && isInSpan(event)).length,
    duplicates: [...bySlot.values()].filter((ofSlot) => ofSlot.length > 1).length,
    missing: slots - bySlot.size,
    medianDelaySeconds: delays[Math.floor(delays.length / 2)],
    longestDelaySeconds: delays.at(-1),
  };
}

/** Whether each slot ran, and none twice. */
export function hasPassed({ duplicates, missing }: Summary): boolean {
  return duplicates === 0 && missing === 0;
}
