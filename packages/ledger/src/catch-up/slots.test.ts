import { describe, expect, it } from 'vitest';
import { enumerateSlots, newestSlot, type NextSlot } from './slots.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const NOW = Date.UTC(2026, 2, 29, 1);

function every(ms: number, calls: { count: number } = { count: 0 }): NextSlot {
  return (after) => {
    calls.count += 1;
    return new Date((Math.floor(after.getTime() / ms) + 1) * ms);
  };
}

describe('enumerateSlots', () => {
  it('lists the slots after the beginning of the range, up to and including its end', async () => {
    const { slots, upToMs } = await enumerateSlots(every(SECOND_MS), NOW, NOW + 3_000, 100);
    expect(slots).toEqual([NOW + 1_000, NOW + 2_000, NOW + 3_000]);
    expect(upToMs).toBe(NOW + 3_000);
  });

  it('is complete up to the last slot only, if there are more than it lists', async () => {
    const { slots, upToMs } = await enumerateSlots(every(SECOND_MS), NOW, NOW + DAY_MS, 5);
    expect(slots).toHaveLength(5);
    expect(upToMs).toBe(slots[4]);
  });

  it('lists what there is of a schedule that ends', async () => {
    const nextSlot: NextSlot = (after) => (after.getTime() < NOW + 1_000 ? new Date(NOW + 1_000) : null);
    expect(await enumerateSlots(nextSlot, NOW, NOW + DAY_MS, 100)).toEqual({
      slots: [NOW + 1_000],
      upToMs: NOW + DAY_MS,
    });
  });

  it('skips, with a problem, a repeated hour for which the function goes backwards', async () => {
    const HOUR_MS = 3_600_000;
    const quarters = every(HOUR_MS / 4);
    const nextSlot: NextSlot = (after) => {
      const isRepeated = after.getTime() >= NOW && after.getTime() < NOW + HOUR_MS;
      return isRepeated ? quarters(new Date(after.getTime() - HOUR_MS)) : quarters(after);
    };
    const { slots, upToMs, problem } = await enumerateSlots(nextSlot, NOW - 1, NOW + 2 * HOUR_MS, 100);
    expect(slots).toEqual([0, 1.25, 1.5, 1.75, 2].map((hours) => NOW + hours * HOUR_MS));
    expect(upToMs).toBe(NOW + 2 * HOUR_MS);
    expect(problem).toBe('asked for the slot after 2026-03-29T01:00:00.000Z, it returned 2026-03-29T00:15:00.000Z');
  });

  it('waits, with a problem, at the beginning of an hour for which the function goes backwards', async () => {
    const { slots, upToMs } = await enumerateSlots((after) => after, NOW, NOW + 1_800_000, 100);
    expect(slots).toEqual([]);
    expect(upToMs).toBe(NOW);
  });

  it.each([
    {
      title: 'goes backwards for good',
      fault: () => new Date(NOW - 1),
      problem: 'it returned 2026-03-29T00:59:59.999Z',
    },
    { title: 'stands still', fault: () => new Date(NOW + 1_000), problem: 'it returned 2026-03-29T01:00:01.000Z' },
    { title: 'returns an invalid date', fault: () => new Date(Number.NaN), problem: 'it returned an invalid date' },
    {
      title: 'throws',
      fault: () => {
        throw new Error('no such hour');
      },
      problem: 'it threw Error: no such hour',
    },
  ])('stops, with a problem, at a function that $title', async ({ fault, problem }) => {
    const nextSlot: NextSlot = (after) => (after.getTime() === NOW ? new Date(NOW + 1_000) : fault());
    expect(await enumerateSlots(nextSlot, NOW, NOW + DAY_MS, 100)).toEqual({
      slots: [NOW + 1_000],
      upToMs: NOW + 1_000,
      problem: `asked for the slot after 2026-03-29T01:00:01.000Z, ${problem}`,
    });
  });

  it('gives the event loop turns', async () => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await enumerateSlots(every(SECOND_MS), NOW, NOW + 1_000_000, 1_000);
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(19);
  });
});

describe('newestSlot', () => {
  it.each([
    { title: 'every second', ms: SECOND_MS, most: 10 },
    { title: 'every minute', ms: 60_000, most: 20 },
    { title: 'every day', ms: DAY_MS, most: 25 },
    { title: 'every four years', ms: 4 * YEAR_MS, most: 30 },
  ])('finds the slot of a schedule that fires $title with at most $most questions', async ({ ms, most }) => {
    const calls = { count: 0 };
    const slot = await newestSlot(every(ms, calls), NOW + 500);
    expect(slot).toBe(Math.floor((NOW + 500) / ms) * ms);
    expect(calls.count).toBeLessThanOrEqual(most);
  });

  it('finds a slot at the very instant', async () => {
    expect(await newestSlot(every(SECOND_MS), NOW)).toBe(NOW);
  });

  it('finds nothing in a schedule that has not begun', async () => {
    expect(await newestSlot(() => new Date(NOW + DAY_MS), NOW)).toBeUndefined();
  });
});
