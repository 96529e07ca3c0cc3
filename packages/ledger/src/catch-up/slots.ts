/** Returns the first slot after an instant, or null or undefined if there is none: the host's own next-fire function. */
export type NextSlot = (after: Date) => Date | null | undefined;

/** The slots of a range, ascending. */
export interface EnumeratedSlots {
  readonly slots: number[];
  /** Up to where the enumeration is complete. */
  readonly upToMs: number;
  /** What is wrong with the host's function, if something is. */
  readonly problem?: string;
}

/** How many slots are asked for before the event loop gets a turn: some hosts take a quarter of a millisecond for each. */
const SLOTS_PER_TURN = 50;
/** How far a look-back reaches at most: leap days at the end of a century are 8 years apart. */
const LONGEST_LOOK_BACK_MS = 9 * 366 * 86_400_000;

/**
 * Enumerates the slots later than `afterMs` up to `upToMs`, at most `most` of them (rule 2).
 *
 * It stops, with a problem, where the host's function throws or does not move forward.
 */
export async function enumerateSlots(
  nextSlot: NextSlot,
  afterMs: number,
  upToMs: number,
  most: number,
): Promise<EnumeratedSlots> {
  const slots: number[] = [];
  for (let last = afterMs; slots.length < most;) {
    const next = slotAfter(nextSlot, last);
    if (typeof next === 'string') return { slots, upToMs: last, problem: next };
    if (next === undefined || next > upToMs) return { slots, upToMs };
    slots.push(next);
    last = next;
    if (slots.length % SLOTS_PER_TURN === 0) await turn();
  }
  return { slots, upToMs: slots.at(-1) ?? afterMs };
}

/**
 * Finds the newest slot that is not later than `atMs`, or undefined if there is none in nine years.
 *
 * It looks back over a range that widens until it contains a slot, and goes forward from there: asking forward from afar
 * takes over a second for some hosts.
 */
export async function newestSlot(nextSlot: NextSlot, atMs: number): Promise<number | undefined> {
  for (let backMs = 2_000; backMs <= LONGEST_LOOK_BACK_MS * 4; backMs *= 4) {
    const afterMs = atMs - Math.min(backMs, LONGEST_LOOK_BACK_MS);
    const { slots } = await enumerateSlots(nextSlot, afterMs, atMs, Number.POSITIVE_INFINITY);
    if (slots.length > 0) return slots.at(-1);
  }
  return undefined;
}

/** The first slot after an instant; undefined if there is none, a text if the function is at fault. */
function slotAfter(nextSlot: NextSlot, afterMs: number): number | string | undefined {
  try {
    const next = nextSlot(new Date(afterMs));
    if (next === null || next === undefined) return undefined;
    const nextMs = next.getTime();
    if (nextMs > afterMs) return nextMs;
    return `asked for the slot after ${new Date(afterMs).toISOString()}, it returned ${String(next)}`;
  } catch (error) {
    return `asked for the slot after ${new Date(afterMs).toISOString()}, it threw ${String(error)}`;
  }
}

/** Gives the event loop a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
