import { errorText } from '../ledger/error-text.ts';

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

/** How many questions are asked before the event loop gets a turn: some hosts take a quarter of a millisecond for each. */
const CALLS_PER_TURN = 50;
/** How far, and up to how far, to go on from where the host goes backwards: no zone sets its clocks back by more. */
const SKIP_MS = 60_000;
const LONGEST_SKIP_MS = 3 * 3_600_000;
/** How far a look-back reaches at most: leap days at the end of a century are 8 years apart. */
const LONGEST_LOOK_BACK_MS = 9 * 366 * 86_400_000;

/**
 * Enumerates the slots later than `afterMs` up to `upToMs`, at most `most` of them, strictly ascending (ledger rule 2).
 *
 * Some hosts go backwards for up to an hour when clocks are set back. That range is skipped, as a problem. A function that
 * throws, or goes backwards for longer, ends the enumeration there.
 */
export async function enumerateSlots(
  nextSlot: NextSlot,
  afterMs: number,
  upToMs: number,
  most: number,
): Promise<EnumeratedSlots> {
  const slots: number[] = [];
  let problem: string | undefined;
  let lastMs = afterMs;
  let askedMs = afterMs;
  for (let calls = 1; slots.length < most; calls += 1) {
    if (calls % CALLS_PER_TURN === 0) await turn();
    const answer = ask(nextSlot, askedMs);
    if ('slotMs' in answer && answer.slotMs > askedMs) {
      if (answer.slotMs > upToMs) return enumerated(slots, upToMs, problem);
      slots.push(answer.slotMs);
      lastMs = answer.slotMs;
      askedMs = lastMs;
    } else if ('slotMs' in answer) {
      problem ??= describe(askedMs, `returned ${new Date(answer.slotMs).toISOString()}`);
      askedMs += SKIP_MS;
      if (askedMs > upToMs) return enumerated(slots, lastMs, problem); // it may go forward once more time has passed
      if (askedMs > lastMs + LONGEST_SKIP_MS) return enumerated(slots, lastMs, problem);
    } else if ('fault' in answer) return enumerated(slots, lastMs, describe(askedMs, answer.fault));
    else return enumerated(slots, upToMs, problem);
  }
  return enumerated(slots, lastMs, problem);
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

type Answer = { readonly slotMs: number } | { readonly fault: string } | { readonly hasEnded: true };

function ask(nextSlot: NextSlot, afterMs: number): Answer {
  try {
    const next = nextSlot(new Date(afterMs));
    if (next === null || next === undefined) return { hasEnded: true };
    const slotMs = next.getTime();
    return Number.isNaN(slotMs) ? { fault: 'returned an invalid date' } : { slotMs };
  } catch (error) {
    return { fault: `threw ${errorText(error)}` };
  }
}

function describe(askedMs: number, fault: string): string {
  return `asked for the slot after ${new Date(askedMs).toISOString()}, it ${fault}`;
}

function enumerated(slots: number[], upToMs: number, problem: string | undefined): EnumeratedSlots {
  return problem === undefined ? { slots, upToMs } : { slots, upToMs, problem };
}

/** Gives the event loop a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
