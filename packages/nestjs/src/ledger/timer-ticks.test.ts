import { CronJob } from 'cron';
import { expect, it, onTestFinished, vi } from 'vitest';
import { watchTicks } from './timer-ticks.ts';

const EVERY_SECOND = '* * * * * *';
const START = Date.parse('2026-01-01T00:00:00.400Z');

/** A started job on a stopped clock, and when the timer fired in each of its calls of `fireOnTick`. */
function watched(): { readonly job: CronJob; readonly calls: (Date | undefined)[] } {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: START });
  vi.spyOn(console, 'warn').mockReturnValue();
  const job = CronJob.from({ cronTime: EVERY_SECOND, onTick: () => {}, runOnInit: true });
  const ticks = watchTicks(job);
  const calls: (Date | undefined)[] = [];
  job.fireOnTick = async () => void calls.push(ticks?.take());
  job.start();
  onTestFinished(() => {
    void job.stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  return { job, calls };
}

it('tells ticks from calls by hand, before, between and after them', async () => {
  const { job, calls } = watched();
  await job.fireOnTick();
  vi.advanceTimersByTime(600);
  await job.fireOnTick();
  vi.advanceTimersByTime(1_000);
  await job.fireOnTick();
  expect(calls).toEqual([undefined, new Date(START + 600), undefined, new Date(START + 1_600), undefined]);
});

it('gives each of two ticks its own date if the timer finds itself late and fires twice', () => {
  const { job, calls } = watched();
  // It fires for 00:01, and is blocked while it computes how long to wait for 00:02, until 10 ms after that.
  vi.spyOn(job.cronTime, 'getTimeout').mockImplementationOnce(() => {
    vi.setSystemTime(START + 1_610);
    return -10;
  });
  vi.advanceTimersByTime(600);
  expect(calls).toEqual([new Date(START + 600), new Date(START + 1_610)]);
});

it('does not take a call by hand for a tick that never called fireOnTick', async () => {
  const { job, calls } = watched();
  job.lastExecution = new Date();
  await Promise.resolve();
  await job.fireOnTick();
  expect(calls).toEqual([undefined]);
});

it('restores the property with its present value', () => {
  const job = new CronJob(EVERY_SECOND, () => {});
  const before = Object.getOwnPropertyDescriptor(job, 'lastExecution');
  const ticks = watchTicks(job);
  const date = new Date();
  job.lastExecution = date;
  expect(job.lastDate()).toBe(date);
  ticks?.putBack();
  expect(Object.getOwnPropertyDescriptor(job, 'lastExecution')).toEqual({ ...before, value: date });
  expect(job.lastDate()).toBe(date);
});

it('does not know a job that keeps its last date elsewhere', () => {
  expect(watchTicks({ lastExecution: null, lastDate: () => new Date() })).toBeUndefined();
  expect(watchTicks({ lastDate: () => null })).toBeUndefined();
  expect(watchTicks({})).toBeUndefined();
  expect(watchTicks(Object.freeze(new CronJob(EVERY_SECOND, () => {})))).toBeUndefined();
});
