import { ClusterLeaderService } from '@cluster-leader/core';
import { currentRun, memoryStore, RunLedger, type RunStore } from '@cluster-leader/ledger';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob, CronTime } from 'cron';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ClusterLeaderModule, LeaderCron, type ClusterLeaderModuleOptions } from '../index.ts';

const MINUTE_MS = 60_000;
const START = Date.parse('2026-01-01T00:00:30Z');

function stopClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  vi.setSystemTime(START);
  onTestFinished(() => void vi.useRealTimers());
}

interface Pod {
  readonly app: INestApplicationContext;
  readonly leader: FakeLeader;
  readonly ledger: RunLedger;
}

/** Boots one replica over a store that all share. */
async function bootPod(
  store: RunStore,
  providers: Type[],
  options: ClusterLeaderModuleOptions = {},
  pod = 'pod-1',
): Promise<Pod> {
  const ledger = new RunLedger({ namespace: 'test', store, pod });
  const leader = fakeLeader();
  const module = await Test.createTestingModule({
    imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot({ ledger, ...options })],
    providers,
  })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  const app = await module.init();
  onTestFinished(() => app.close());
  return { app, leader, ledger };
}

/** Lets time pass, with a turn of the event loop after each second, which the store needs. */
async function pass(ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000);
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => void setImmediate(resolve));
  }
}

const times = (count: number, of: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, index) => of(index));

it.each(['handler', 'dynamic'] as const)('runs each slot once while two pods lead at once (%s)', async (kind) => {
  stopClock();
  const store = memoryStore();
  const slots: number[] = [];
  const run = (): void => void slots.push(currentRun().slot.getTime());
  for (const pod of ['pod-1', 'pod-2']) {
    class Jobs {
      @LeaderCron('* * * * * *', { name: 'job' })
      job(): void {
        run();
      }
    }
    const { app, leader } = await bootPod(store, kind === 'handler' ? [Jobs] : [], { gate: 'all' }, pod);
    if (kind === 'dynamic') {
      app.get(SchedulerRegistry).addCronJob('job', CronJob.from({ cronTime: '* * * * * *', onTick: run, start: true }));
    }
    leader.elect();
  }
  await pass(MINUTE_MS);
  expect(slots).toEqual(times(60, (index) => START + (index + 1) * 1_000));
});

it('control: without a ledger two pods that lead at once run each slot twice', async () => {
  stopClock();
  let runs = 0;
  class Jobs {
    @LeaderCron('* * * * * *', { name: 'job' })
    job(): void {
      runs += 1;
    }
  }
  for (const pod of ['pod-1', 'pod-2']) {
    const { leader } = await bootPod(memoryStore(), [Jobs], { ledger: undefined }, pod);
    leader.elect();
  }
  await pass(10_000);
  expect(runs).toBe(20);
});

it('makes up what was missed while nobody led, oldest first, through the gated handler', async () => {
  stopClock();
  const runs: string[] = [];
  class Jobs {
    @LeaderCron('* * * * *', { name: 'job', catchUp: 'all' })
    async job(): Promise<void> {
      const { slot, madeUp } = currentRun();
      runs.push(`${slot.toISOString().slice(14, 16)}${madeUp ? ' made up' : ''}`);
    }
  }
  const { leader, ledger } = await bootPod(memoryStore(), [Jobs]);
  leader.elect();
  await pass(MINUTE_MS);
  leader.demote();
  await pass(3 * MINUTE_MS);
  leader.elect();
  await pass(1_000);
  expect(runs).toEqual(['01', '02 made up', '03 made up', '04 made up']);
  await pass(MINUTE_MS);
  expect(runs.at(-1)).toBe('05');
  expect(await ledger.runs({ state: 'succeeded' })).toHaveLength(5);
});

it('makes up what was missed in a dynamic job after its own demotion only if the job asks for it', async () => {
  stopClock();
  const given: number[] = [];
  let runs = 0;
  const { app, leader, ledger } = await bootPod(memoryStore(), [], { gate: 'all' });
  ledger.on('gaveUp', ({ count }) => given.push(count));
  const onTick = (): void => void (runs += 1);
  app.get(SchedulerRegistry).addCronJob('job', CronJob.from({ cronTime: '* * * * *', onTick, start: true }));
  leader.elect();
  await pass(MINUTE_MS);
  leader.demote();
  await pass(3 * MINUTE_MS);
  leader.elect();
  await pass(1_000);
  expect({ runs, given }).toEqual({ runs: 1, given: [3] });
});

it('makes up the slots that a blocked event loop has merged into one tick', async () => {
  stopClock();
  const slots: string[] = [];
  class Jobs {
    @LeaderCron('*/10 * * * * *', { name: 'job', catchUp: 'all' })
    job(): void {
      slots.push(currentRun().slot.toISOString().slice(14, 19));
    }
  }
  const { leader } = await bootPod(memoryStore(), [Jobs]);
  leader.elect();
  await pass(11_000);
  vi.setSystemTime(Date.now() + 25_000);
  await pass(20_000);
  expect(slots.toSorted()).toEqual(['00:40', '00:50', '01:00', '01:10', '01:20']);
});

async function failAsWell(): Promise<void> {
  throw new Error('on purpose as well');
}

it('records a failed handler and a failed dynamic job, and leaves the error to its own handler', async () => {
  stopClock();
  const errors: unknown[] = [];
  class Jobs {
    @Cron('* * * * *', { name: 'handler' })
    async job(): Promise<void> {
      throw new Error('on purpose');
    }
  }
  const { app, leader, ledger } = await bootPod(memoryStore(), [Jobs], { gate: 'all' });
  app.useLogger(false);
  const errorHandler = (error: unknown): void => void errors.push(error);
  const job = CronJob.from({ cronTime: '* * * * *', onTick: failAsWell, errorHandler, start: true });
  app.get(SchedulerRegistry).addCronJob('dynamic', job);
  leader.elect();
  await pass(MINUTE_MS);
  const runs = await ledger.runs({ state: 'failed' });
  expect(runs.map((run) => run.job).toSorted()).toEqual(['dynamic', 'handler']);
  expect(errors).toEqual([new Error('on purpose as well')]);
});

it('has a dynamic job under way until its callback has ended, and lets its runs overlap', async () => {
  stopClock();
  const ends: (() => void)[] = [];
  const { app, leader, ledger } = await bootPod(memoryStore(), [], { gate: 'all' });
  const onTick = (): Promise<void> => new Promise((resolve) => void ends.push(resolve));
  app.get(SchedulerRegistry).addCronJob('job', CronJob.from({ cronTime: '* * * * *', onTick, start: true }));
  leader.elect();
  await pass(2 * MINUTE_MS);
  expect((await ledger.runs({ state: 'running' })).map(({ job }) => job)).toEqual(['job', 'job']);
  for (const end of ends) end();
  await pass(1_000);
  expect(await ledger.runs({ state: 'succeeded' })).toHaveLength(2);
});

it.each(['handler', 'dynamic'] as const)(
  'records a slot that waitForCompletion drops as skipped (%s)',
  async (kind) => {
    stopClock();
    const end = Promise.withResolvers<void>();
    let runs = 0;
    const run = (): Promise<void> => {
      runs += 1;
      return end.promise;
    };
    class Jobs {
      @LeaderCron('* * * * *', { name: 'job', waitForCompletion: true })
      job(): Promise<void> {
        return run();
      }
    }
    const { app, leader, ledger } = await bootPod(memoryStore(), kind === 'handler' ? [Jobs] : [], { gate: 'all' });
    if (kind === 'dynamic') {
      const job = CronJob.from({ cronTime: '* * * * *', onTick: run, waitForCompletion: true, start: true });
      app.get(SchedulerRegistry).addCronJob('job', job);
    }
    leader.elect();
    await pass(3 * MINUTE_MS);
    end.resolve();
    await pass(MINUTE_MS);
    expect(runs).toBe(2);
    const states = (await ledger.runs()).map(({ state }) => state);
    expect(states).toEqual(['succeeded', 'skipped', 'skipped', 'succeeded']);
  },
);

it('begins anew after setTime: the new schedule has missed nothing', async () => {
  stopClock();
  const slots: string[] = [];
  class Jobs {
    @LeaderCron('* * * * *', { name: 'job', catchUp: 'all' })
    job(): void {
      slots.push(currentRun().slot.toISOString().slice(11, 16));
    }
  }
  const { app, leader } = await bootPod(memoryStore(), [Jobs]);
  leader.elect();
  await pass(MINUTE_MS);
  app.get(SchedulerRegistry).getCronJob('job').setTime(new CronTime('*/5 * * * *', 'UTC'));
  await pass(10 * MINUTE_MS);
  expect(slots).toEqual(['00:01', '00:05', '00:10']);
});

it('makes nothing up for a job that is stopped', async () => {
  stopClock();
  let runs = 0;
  class Jobs {
    @LeaderCron('* * * * *', { name: 'job', catchUp: 'all' })
    job(): void {
      runs += 1;
    }
  }
  const { app, leader } = await bootPod(memoryStore(), [Jobs]);
  leader.elect();
  await pass(MINUTE_MS);
  void app.get(SchedulerRegistry).getCronJob('job').stop();
  await pass(10 * MINUTE_MS);
  expect(runs).toBe(1);
});

it('replaces a job that was deleted from the registry by a new one of its name', async () => {
  stopClock();
  const ran: string[] = [];
  const { app, leader } = await bootPod(memoryStore(), [], { gate: 'all' });
  const registry = app.get(SchedulerRegistry);
  for (const version of ['old', 'new']) {
    if (version === 'new') registry.deleteCronJob('job');
    const onTick = (): void => void ran.push(version);
    registry.addCronJob('job', CronJob.from({ cronTime: '* * * * *', onTick, start: true }));
    leader.elect();
    await pass(MINUTE_MS);
  }
  expect(ran).toEqual(['old', 'new']);
});
