import { memoryStore, RunLedger } from '@cluster-leader/ledger';
import { fakeLeader } from '@cluster-leader/testing';
import { CronJob, CronTime } from 'cron';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cronSlotsOf } from './cron-slots.ts';

const HOUR_MS = 3_600_000;

/** Zones, and the instants at which their clocks change in 2026. */
const CHANGES: readonly (readonly [zone: string, spring: string, autumn: string])[] = [
  ['Europe/Berlin', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  ['Europe/London', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  ['America/New_York', '2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  ['America/St_Johns', '2026-03-08T05:30Z', '2026-11-01T04:30Z'],
  ['America/Santiago', '2026-09-06T04:00Z', '2026-04-05T03:00Z'],
  ['Pacific/Auckland', '2026-09-26T14:00Z', '2026-04-04T14:00Z'],
];

/** Schedules, and for how many hours around a change they are observed. */
const SCHEDULES: readonly (readonly [schedule: string, hours: number])[] = [
  ['*/20 * * * *', 3],
  ['30 * * * *', 4],
  ['30 2 * * *', 50],
  ['15 1 * * *', 50],
  ['0 0 * * *', 50],
];

interface Observed {
  /** The instants at which cron fired. */
  readonly fired: number[];
  /** For each of them, the newest slot up to a moment later, as it is found at that time. */
  readonly found: (number | undefined)[];
}

/** Finds the newest slot of a schedule up to an instant. */
type Newest = (cronTime: CronTime, at: Date) => Promise<Date | undefined>;

/** Lets a real cron job run on a stopped clock, over a change of the clocks. */
async function observe(
  schedule: string,
  zone: string,
  fromMs: number,
  toMs: number,
  newest: Newest,
): Promise<Observed> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: fromMs });
  const fired: number[] = [];
  const found: ReturnType<Newest>[] = [];
  const job = CronJob.from({
    cronTime: schedule,
    timeZone: zone,
    start: true,
    onTick() {
      fired.push(Date.now());
      found.push(newest(job.cronTime, new Date(Date.now() + 40)));
    },
  });
  onTestFinished(() => {
    void job.stop();
    vi.useRealTimers();
  });
  await vi.advanceTimersByTimeAsync(toMs - fromMs);
  return { fired, found: (await Promise.all(found)).map((slot) => slot?.getTime()) };
}

/** All slots in a range, one after the other, asked for after the fact. */
function slotsOf(cronTime: CronTime, fromMs: number, toMs: number): number[] {
  const slots: number[] = [];
  for (let lastMs = fromMs; ;) {
    const next = cronSlotsOf(cronTime)?.next(new Date(lastMs))?.getTime();
    if (next === undefined || next <= lastMs || next > toMs) return slots;
    slots.push(next);
    lastMs = next;
  }
}

/** What a ledger finds for a tick. */
function newestInLedger(): Newest {
  const ledger = new RunLedger({ namespace: 'test', store: memoryStore() });
  const leader = fakeLeader();
  let jobs = 0;
  return async (cronTime, at) => {
    const slots = cronSlotsOf(cronTime);
    if (slots === undefined) return undefined;
    const options = { name: `job ${(jobs += 1)}`, fingerprint: slots.fingerprint, task: () => undefined };
    return ledger.register(leader, { ...options, nextSlot: (after) => slots.next(after) }).slotAt(at);
  };
}

describe.each(CHANGES)('in %s, over both changes of the clocks, the slots are those that cron fires', (zone, ...at) => {
  it.each(SCHEDULES)('%s', async (schedule, hours) => {
    for (const change of at) {
      const changeMs = Date.parse(change);
      const [fromMs, toMs] = [changeMs - hours * HOUR_MS, changeMs + hours * HOUR_MS];
      const { fired, found } = await observe(schedule, zone, fromMs, toMs, newestInLedger());
      expect(fired.length).toBeGreaterThan(1);
      expect(found).toEqual(fired);
      expect(slotsOf(new CronTime(schedule, zone), fromMs, toMs)).toEqual(fired);
    }
  });
});

it('control: a naive look-back, without the zone or by one question, does not find what cron fires', async () => {
  const changeMs = Date.parse('2026-10-25T01:00Z');
  const withoutZone = await observe(
    '30 2 * * *',
    'Asia/Kathmandu',
    changeMs - 25 * HOUR_MS,
    changeMs,
    async (cronTime, at) => cronTime.getNextDateFrom(new Date(at.getTime() - 2_000)).toJSDate(),
  );
  expect(withoutZone.fired).toHaveLength(1);
  expect(withoutZone.found).not.toEqual(withoutZone.fired);
  // 02:30 does not exist on this day: cron fires at 03:30, but asked a moment before it names the next day.
  const springMs = Date.parse('2026-09-26T14:00Z');
  const once = await observe(
    '30 2 * * *',
    'Pacific/Auckland',
    springMs - HOUR_MS,
    springMs + HOUR_MS,
    async (cronTime, at) => cronSlotsOf(cronTime)?.next(new Date(at.getTime() - 2_000)),
  );
  expect(once.fired).toEqual([springMs + HOUR_MS / 2]);
  expect(once.found).not.toEqual(once.fired);
});

it('names the slots of a job with an offset and of one with a date', () => {
  const offset = cronSlotsOf(new CronTime('0 12 * * *', null, -210));
  expect(offset?.next(new Date('2026-01-01T00:00Z'))).toEqual(new Date('2026-01-01T15:30Z'));
  expect(offset?.fingerprint).toBe('cron 0 12 * * * UTC-03:30');
  const date = new Date('2026-01-01T12:00Z');
  const once = cronSlotsOf(new CronTime(date));
  expect(once?.next(new Date('2026-01-01T00:00Z'))).toEqual(date);
  expect(once?.next(date)).toBeUndefined();
});

it('does not know a schedule without the function that names the next date', () => {
  expect(cronSlotsOf({ source: '* * * * *', timeZone: 'UTC' })).toBeUndefined();
  expect(cronSlotsOf({ source: new Date(), realDate: true })).toBeUndefined();
  expect(cronSlotsOf(undefined)).toBeUndefined();
});
