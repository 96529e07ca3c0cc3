import { createTask, schedule } from 'node-cron';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp, quiet } from '../fixtures/bench.fixture.ts';
import { scheduledSlotsOf } from './scheduled-slots.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Both clock changes of each zone, in UTC; where there is none, the nights in which Europe changes. */
const CHANGES = [
  { timezone: 'Europe/Berlin', forward: '2026-03-29T01:00Z', back: '2026-10-25T01:00Z' },
  { timezone: 'America/New_York', forward: '2026-03-08T07:00Z', back: '2026-11-01T06:00Z' },
  { timezone: 'Australia/Lord_Howe', forward: '2026-10-03T15:30Z', back: '2026-04-04T15:00Z' },
  { timezone: 'America/Sao_Paulo', forward: '2018-11-04T03:00Z', back: '2018-02-18T02:00Z' },
  { timezone: 'Asia/Kolkata', forward: '2026-03-29T01:00Z', back: '2026-10-25T01:00Z' },
  { timezone: 'Africa/Casablanca', forward: '2026-03-22T02:00Z', back: '2026-02-15T02:00Z' },
].flatMap(({ timezone, forward, back }) => [
  { timezone, change: 'forward', atMs: Date.parse(forward) },
  { timezone, change: 'back', atMs: Date.parse(back) },
]);
/** How long each is watched from four hours before the change; a slot that the change skips comes on the next day again. */
const EXPRESSIONS = [
  { expression: '*/10 * * * *', hours: 10 },
  { expression: '30 * * * *', hours: 10 },
  { expression: '15,45 0-3 * * *', hours: 34 },
  { expression: '30 0 * * *', hours: 34 },
  { expression: '0 30 1 * * *', hours: 34 },
  { expression: '30 2 * * *', hours: 34 },
];

afterEach(() => cleanUp());

/** What node-cron fires from `fromMs` to `toMs`, in virtual time. */
async function fired(expression: string, timezone: string, fromMs: number, toMs: number): Promise<string[]> {
  vi.useFakeTimers({ now: fromMs, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  quiet();
  const slots: string[] = [];
  const task = schedule(expression, ({ date }) => void slots.push(date.toISOString()), { timezone });
  await vi.advanceTimersByTimeAsync(toMs - fromMs);
  await task.destroy();
  vi.useRealTimers();
  return slots;
}

/** What the ledger enumerates after `fromMs`, up to `toMs`. */
function enumerated(expression: string, timezone: string, fromMs: number, toMs: number): string[] {
  const task = createTask(expression, () => {}, { timezone });
  const slots = scheduledSlotsOf(task);
  const found: string[] = [];
  let next = slots?.next(new Date(fromMs));
  while (next !== undefined && next.getTime() <= toMs) {
    found.push(next.toISOString());
    next = slots?.next(next);
  }
  return found;
}

/** What `match()` is true of, minute by minute. */
function matched(expression: string, timezone: string, fromMs: number, toMs: number): string[] {
  const task = createTask(expression, () => {}, { timezone });
  const minutes = Array.from({ length: (toMs - fromMs) / MINUTE_MS }, (_, index) => fromMs + (index + 1) * MINUTE_MS);
  return minutes
    .map((ms) => new Date(ms))
    .filter((date) => task.match(date))
    .map((date) => date.toISOString());
}

describe.each(CHANGES)('when the clocks go $change in $timezone', ({ timezone, atMs }) => {
  const fromMs = atMs - 4 * HOUR_MS;

  it.each(EXPRESSIONS)('the slots of $expression are those that node-cron fires', async ({ expression, hours }) => {
    const toMs = fromMs + hours * HOUR_MS;
    const slots = await fired(expression, timezone, fromMs, toMs);
    expect(enumerated(expression, timezone, fromMs, toMs)).toEqual(slots);
    expect(slots.length).toBeGreaterThan(0);
  });

  it('the slots do not depend on where a sweep begins, up to the hour of the change', () => {
    const toMs = atMs + 3 * HOUR_MS;
    const all = enumerated('*/10 * * * *', timezone, fromMs, toMs);
    for (let startMs = fromMs + 7_001; startMs < atMs - HOUR_MS; startMs += 53 * MINUTE_MS) {
      const later = all.filter((slot) => Date.parse(slot) > startMs);
      expect(enumerated('*/10 * * * *', timezone, startMs, toMs)).toEqual(later);
    }
  });
});

it('control: match() names slots of the repeated hour that node-cron never fires', async () => {
  const atMs = Date.parse('2026-10-25T01:00Z');
  const span = ['*/10 * * * *', 'Europe/Berlin', atMs - 2 * HOUR_MS, atMs + 2 * HOUR_MS] as const;
  const slots = await fired(...span);
  const invented = matched(...span).filter((slot) => !slots.includes(slot));
  expect(invented).not.toEqual([]);
  expect(slots).toEqual(enumerated(...span));
});
