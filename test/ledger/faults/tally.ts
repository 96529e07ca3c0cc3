import type { Trace } from './traces.ts';

/** What came of the slots of a job that is due every second. Slots are instants in milliseconds. */
export interface Tally {
  readonly slots: number;
  readonly madeUp: number;
  /** Slots between the first and the last one in which no call of the job ended. */
  readonly missing: readonly number[];
  /** Slots for which the job was called more than once. */
  readonly repeated: readonly number[];
  /** Slots in which more than one call of the job ended. */
  readonly endedTwice: readonly number[];
}

/** Counts the calls of each slot from the first traced one up to `lastMs`. */
export function tally(traces: readonly Trace[], lastMs: number): Tally {
  const firstMs = Math.min(...traces.map(({ slotMs }) => slotMs));
  const bySlot = Map.groupBy(traces, ({ slotMs }) => slotMs);
  const slots = everySecond(firstMs, lastMs);
  const ends = (slot: number): number => (bySlot.get(slot) ?? []).filter(({ hasEnded }) => hasEnded).length;
  return {
    slots: slots.length,
    madeUp: slots.filter((slot) => bySlot.get(slot)?.some(({ madeUp }) => madeUp)).length,
    missing: slots.filter((slot) => ends(slot) === 0),
    repeated: slots.filter((slot) => (bySlot.get(slot)?.length ?? 0) > 1),
    endedTwice: slots.filter((slot) => ends(slot) > 1),
  };
}

/** The slots from the first to the last one, both included. */
export function everySecond(firstMs: number, lastMs: number): readonly number[] {
  return Array.from({ length: Math.round((lastMs - firstMs) / 1_000) + 1 }, (_, index) => firstMs + index * 1_000);
}
