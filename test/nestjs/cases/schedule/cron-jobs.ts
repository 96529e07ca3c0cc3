import assert from 'node:assert/strict';
import { ClusterLeaderService } from '@cluster-leader/core';
import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { fakeLeader } from '@cluster-leader/testing';
import { Interval, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { collect, quietly } from '../support/app-log.ts';
import { boot, PLACES, rootOf, type Place } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { NEVER } from '../support/times.ts';

async function gatesAJobOnce(): Promise<void> {
  const recorder = new Recorder();
  const app = await boot(recorder, 'never', { options: { gate: 'all' } });
  const registry = app.get(SchedulerRegistry);
  const job = new CronJob(NEVER, recorder.ungatedWork);
  registry.addCronJob('job', job);
  registry.deleteCronJob('job');
  registry.addCronJob('again', job);
  await job.fireOnTick();
  assert.deepEqual(recorder.skips, ['job: follower']);
  assert.throws(() => registry.addCronJob('again', new CronJob(NEVER, recorder.ungatedWork)), /already exists/);
  assert.deepEqual(recorder.runs, []);
  await app.close();
}

async function holdsEarlyJobs(gate: 'decorated' | 'all'): Promise<void> {
  const recorder = new Recorder();
  const started = Promise.withResolvers<void>();
  const jobs = {
    provide: 'jobs',
    useFactory(registry: SchedulerRegistry) {
      const job = new CronJob(NEVER, recorder.ungatedWork);
      registry.addCronJob('early', job);
      setImmediate(() => {
        void job.fireOnTick();
        started.resolve();
      });
    },
    inject: [SchedulerRegistry],
  };
  const app = await boot(recorder, 'never', {
    providers: [jobs],
    leaderModule: (options) =>
      ClusterLeaderModule.forRootAsync({
        async useFactory() {
          await started.promise;
          await new Promise((resolve) => setImmediate(resolve));
          assert.deepEqual(recorder.runs, []);
          return { ...options, gate };
        },
      }),
  });
  await recorder.until(({ runs, skips }) => runs.length + skips.length > 0);
  assert.deepEqual(recorder.skips, gate === 'all' ? ['early: follower'] : []);
  await app.close();
}

async function logsErrorsOfTheGate(place: Place): Promise<void> {
  const log: string[] = [];
  const job = new CronJob(NEVER, () => {});
  const early = { provide: 'early', useFactory: add, inject: [SchedulerRegistry] };
  function add(registry: SchedulerRegistry): void {
    registry.addCronJob('early', job);
  }
  const leader = fakeLeader({ onUnknown: 'throw' });
  leader.unknown();
  const root = rootOf(new Recorder(), 'never', { providers: [early], place, options: { gate: 'all' } });
  const module = await Test.createTestingModule({ imports: [root] })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  await quietly(async () => {
    await module.init();
    module.useLogger(collect(log));
    await job.fireOnTick();
    await module.close();
  });
  assert.equal(log.length, 1);
  assert.match(log[0] ?? '', /^It is not known who leads/);
}

async function restoresMethods(): Promise<void> {
  const ran: string[] = [];
  class Jobs {
    @Interval(100_000)
    async job(): Promise<void> {
      ran.push('job');
    }
  }
  const value = new Jobs();
  const dynamic = new CronJob(NEVER, () => void ran.push('dynamic'));
  const app = await boot(new Recorder(), 'never', {
    providers: [{ provide: 'jobs', useValue: value }],
    options: { gate: 'all' },
  });
  const registry = app.get(SchedulerRegistry);
  registry.addCronJob('dynamic', dynamic);
  const captured = value.job.bind(value);
  await value.job();
  assert.deepEqual(ran, []);
  await app.close();
  assert.deepEqual([Object.keys(value), Object.hasOwn(value, 'job')], [[], false]);
  assert.equal(Object.hasOwn(registry, 'addCronJob'), false);
  // Timers of schedule have captured the method, and cron fires the job: neither may run on a follower that shuts down.
  await captured();
  await dynamic.fireOnTick();
  assert.deepEqual(ran, []);
}

/** Cron jobs that the app registers itself, with `gate: 'all'`. */
export const cronJobs: readonly Case[] = [
  { title: 'gates a cron job once, however often it is registered', run: gatesAJobOnce },
  {
    title: 'holds a cron job that ticks before the options are known, and then gates it (all)',
    run: () => holdsEarlyJobs('all'),
  },
  {
    title: 'holds a cron job that ticks before the options are known, and then runs it (decorated)',
    run: () => holdsEarlyJobs('decorated'),
  },
  ...PLACES.map((place) => ({
    title: `logs the error of a gate that throws in a cron job (${place})`,
    run: () => logsErrorsOfTheGate(place),
  })),
  {
    title: 'restores methods and the registry at shutdown, but keeps gating what timers have captured (all)',
    run: restoresMethods,
  },
];
