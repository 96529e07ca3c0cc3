import type { Slot } from './records.ts';

/** Compares texts by their bytes, as the databases do. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Sorts by slot, the newest first, then by job. */
export function newestFirst(a: Slot, b: Slot): number {
  return b.slot.getTime() - a.slot.getTime() || byBytes(a.job, b.job);
}
