import assert from 'node:assert/strict';
import { EveryReplica, LeaderOnly } from '@cluster-leader/nestjs';
import { Cron, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { boot, PLACES, type Place } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { jobsWith } from '../support/jobs-with.ts';
import { Recorder } from '../support/recorder.ts';
import { EVERY_SECOND, MS } from '../support/times.ts';
import { WRAPPERS, wrapping } from '../support/wrapping.ts';
import { decoratedApp, runsOnTheLeaderOnly, type GatedApp } from './gated-app.ts';
import { instances } from './instances.ts';

const handlers: readonly GatedApp[] = [
  ...instances(jobsWith(Interval(MS))),
  ...WRAPPERS.map(({ title, wrap }) => decoratedApp(`a wrapper that ${title}`, [wrap, Interval(MS)])),
  decoratedApp('a cron handler', [Cron(EVERY_SECOND, { name: 'named' })], { ticks: 1 }),
  decoratedApp('a timeout handler', [Timeout(MS)], { ticks: 1 }),
  decoratedApp('a handler that is also @LeaderOnly, once', [Interval(MS), LeaderOnly({ name: 'job' })], {
    skips: 'job',
  }),
  decoratedApp(
    'a handler that is also @LeaderOnly, once, below a wrapper without metadata',
    [Interval(MS), wrapping(), LeaderOnly({ name: 'job' })],
    { skips: 'job' },
  ),
  {
    title: 'an inherited static method of a class that is provided as a value',
    make(work) {
      class Base {
        @Interval(MS)
        static job(): void {
          work();
        }
        other(): void {}
      }
      class Jobs extends Base {}
      return { providers: [{ provide: 'jobs', useValue: Jobs }] };
    },
  },
  {
    title: 'an override of a @LeaderOnly method that has only a schedule',
    make(work) {
      class Base {
        @Interval(MS)
        @LeaderOnly()
        job(): void {}
      }
      class Jobs extends Base {
        @Interval(MS)
        override job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
];

const cronJobs = (['constructor', 'onModuleInit', 'onApplicationBootstrap'] as const).map((phase): GatedApp => ({
  title: `a cron job that is registered in its ${phase}`,
  ticks: 1,
  skips: 'dynamic',
  make: (work) => ({
    providers: [
      {
        provide: 'jobs',
        useFactory(registry: SchedulerRegistry) {
          const add = (): void => {
            const job = new CronJob(EVERY_SECOND, work);
            registry.addCronJob('dynamic', job);
            job.start();
          };
          if (phase === 'constructor') add();
          return { [phase]: add };
        },
        inject: [SchedulerRegistry],
      },
    ],
  }),
}));

async function leavesEveryReplica(place: Place): Promise<void> {
  const recorder = new Recorder();
  const runs = { cron: 0, interval: 0, timeout: 0 };
  const count = (kind: keyof typeof runs): void => {
    runs[kind] += 1;
    recorder.ungatedWork();
  };
  class Jobs {
    @EveryReplica()
    @Cron(EVERY_SECOND)
    cron(): void {
      count('cron');
    }
    @Interval(MS)
    @wrapping()
    @EveryReplica()
    interval(): void {
      count('interval');
    }
    @Timeout(MS)
    @EveryReplica()
    timeout(): void {
      count('timeout');
    }
  }
  const app = await boot(recorder, 'never', { providers: [Jobs], place, options: { gate: 'all' } });
  await recorder.until(() => runs.cron > 0 && runs.interval > 0 && runs.timeout > 0);
  await app.close();
  assert.deepEqual(recorder.skips, []);
}

/** With `gate: 'all'`, everything scheduled runs on the leader only, unless it is `@EveryReplica`. */
export const gateAllCases: readonly Case[] = [
  ...PLACES.flatMap((place) =>
    [...handlers, ...cronJobs].map((app) => ({
      title: `gates all (${place}): ${app.title}`,
      run: () => runsOnTheLeaderOnly(app, { place, options: { gate: 'all' } }),
    })),
  ),
  ...PLACES.map((place) => ({
    title: `gates all handlers except those with @EveryReplica (${place})`,
    run: () => leavesEveryReplica(place),
  })),
];
