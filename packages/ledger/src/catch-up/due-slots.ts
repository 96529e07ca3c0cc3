import type { RegisteredJob } from '../job/registered-job.ts';
import type { JobRecord } from '../store/records.ts';
import type { StoreLink } from '../store/store-link.ts';
import { sweepEndMs } from './decide.ts';
import { enumerateSlots } from './slots.ts';

/** The slots of one job that a sweep looks at. */
export interface DueSlots {
  readonly job: RegisteredJob;
  /** The revision of the job's record from which they were enumerated. */
  readonly revision: number;
  readonly due: readonly number[];
  /** The newest slot that is due, if all that are due are known: `'latest'` is about no other one. */
  readonly newestMs: number | undefined;
  readonly missing: readonly number[];
  /** Up to where the watermark may move once all of them are dealt with. */
  readonly upToMs: number;
}

/** How many slots of one job a sweep looks at; the next one goes on from there. */
const MOST_SLOTS = 100_000;
/** How many slots the store is asked about at once. */
const SLOTS_PER_CALL = 1_000;

type Range = Omit<DueSlots, 'missing'>;

/** Enumerates the slots of a job between its watermark and now; undefined if there is nothing to settle. */
export async function dueSlots(
  job: RegisteredJob,
  record: JobRecord,
  nowMs: number,
  onProblem: (problem: string) => void,
): Promise<Range | undefined> {
  const { nextSlot, randomDelayMs } = job.options;
  const { revision } = record;
  const settledMs = record.settled.getTime();
  const endMs = sweepEndMs(nowMs, randomDelayMs);
  if (endMs <= settledMs) return undefined;
  if (nextSlot === undefined) return { job, revision, due: [], newestMs: undefined, upToMs: endMs };
  const { slots, upToMs, problem } = await enumerateSlots(nextSlot, settledMs, endMs, MOST_SLOTS);
  if (problem !== undefined) onProblem(problem);
  if (upToMs <= settledMs) return undefined;
  return { job, revision, due: slots, newestMs: upToMs === endMs ? slots.at(-1) : undefined, upToMs };
}

/**
 * Asks the store which slots nothing has claimed, those of many jobs at once.
 *
 * `isHeld` is true of slots whose claim is still in doubt here: a range ends before the first such slot that is missing.
 */
export async function missingSlots(
  link: StoreLink,
  namespace: string,
  ranges: readonly Range[],
  isHeld: (job: string, slotMs: number) => boolean,
): Promise<DueSlots[]> {
  const found = ranges.map((range) => ({ ...range, missing: [] as number[] }));
  const pieces = found.flatMap(({ job, due, missing }) =>
    chunks(due).map((slots) => ({ job: job.options.name, slots, missing })),
  );
  for (const group of groups(pieces)) {
    const asked = group.map(({ job, slots }) => ({ job, slots: slots.map((slot) => new Date(slot)) }));
    const answers = await link.call((store) => store.unclaimed(namespace, asked));
    for (const [index, { missing }] of group.entries()) {
      for (const slot of answers[index] ?? []) missing.push(slot.getTime());
    }
  }
  return found.map((slots) => untilHeld(slots, isHeld));
}

function untilHeld(found: DueSlots, isHeld: (job: string, slotMs: number) => boolean): DueSlots {
  const { job, due, missing } = found;
  const heldMs = missing.find((slot) => isHeld(job.options.name, slot));
  if (heldMs === undefined) return found;
  const isBefore = (slot: number): boolean => slot < heldMs;
  return { ...found, due: due.filter(isBefore), missing: missing.filter(isBefore), upToMs: heldMs - 1 };
}

function chunks(slots: readonly number[]): (readonly number[])[] {
  const parts: (readonly number[])[] = [];
  for (let start = 0; start < slots.length; start += SLOTS_PER_CALL)
    parts.push(slots.slice(start, start + SLOTS_PER_CALL));
  return parts;
}

/** Packs pieces into groups, each small enough for one call. */
function groups<Piece extends { readonly slots: readonly number[] }>(pieces: readonly Piece[]): Piece[][] {
  const packed: Piece[][] = [];
  let size = SLOTS_PER_CALL;
  for (const piece of pieces) {
    if (size + piece.slots.length > SLOTS_PER_CALL) {
      packed.push([]);
      size = 0;
    }
    packed.at(-1)?.push(piece);
    size += piece.slots.length;
  }
  return packed;
}
