import { LeaderCron, LeaderInterval, LeaderOnly, LeaderTimeout } from '@cluster-leader/nestjs';
import { Cron, Interval, Timeout } from '@nestjs/schedule';
import { PLACES } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { jobsWith } from '../support/jobs-with.ts';
import { EVERY_SECOND, MS } from '../support/times.ts';
import { WRAPPERS, wrapping } from '../support/wrapping.ts';
import { decoratedApp, runsOnTheLeaderOnly, type GatedApp } from './gated-app.ts';
import { instances } from './instances.ts';

const wrapped: readonly GatedApp[] = [
  ...WRAPPERS.flatMap(({ title, wrap }) => [
    decoratedApp(`a wrapper that ${title} above @LeaderOnly above @Interval`, [wrap, LeaderOnly(), Interval(MS)]),
    decoratedApp(`@LeaderOnly above a wrapper that ${title} above @Interval`, [LeaderOnly(), wrap, Interval(MS)]),
  ]),
  decoratedApp('@Interval above @LeaderOnly above a wrapper without metadata', [
    Interval(MS),
    LeaderOnly(),
    wrapping(),
  ]),
  decoratedApp('@Interval above a wrapper without metadata above @LeaderOnly', [
    Interval(MS),
    wrapping(),
    LeaderOnly(),
  ]),
];

const decorated: readonly GatedApp[] = [
  decoratedApp('@LeaderOnly above @Interval', [LeaderOnly(), Interval(MS)]),
  decoratedApp('@LeaderOnly below @Interval', [Interval('named', MS), LeaderOnly()]),
  decoratedApp('@LeaderOnly above @Cron', [LeaderOnly(), Cron(EVERY_SECOND, { name: 'a cron job' })], { ticks: 1 }),
  decoratedApp('@LeaderOnly below @Cron, with waitForCompletion', [
    Cron(EVERY_SECOND, { waitForCompletion: true }),
    LeaderOnly(),
  ]),
  decoratedApp('@LeaderOnly with @Timeout, and a name of its own', [Timeout(MS), LeaderOnly({ name: 'once' })], {
    skips: 'once',
    ticks: 1,
  }),
  decoratedApp('@LeaderCron', [LeaderCron(EVERY_SECOND, { name: 'billing' })], { skips: 'billing', ticks: 1 }),
  decoratedApp('@LeaderInterval', [LeaderInterval(MS)]),
  decoratedApp('@LeaderInterval with a name', [LeaderInterval('sweep', MS)], { skips: 'sweep' }),
  decoratedApp('@LeaderTimeout', [LeaderTimeout(MS)], { ticks: 1 }),
];

const throwing: GatedApp = {
  title: 'a job that throws',
  make(work) {
    const jobs = jobsWith(LeaderInterval(MS));
    return {
      providers: [
        jobs(async () => {
          work();
          throw new Error('on purpose');
        }),
      ],
    };
  },
};

const overriding: GatedApp = {
  title: 'an override that is decorated itself',
  skips: 'override',
  make(work) {
    class Base {
      @Interval(MS)
      @LeaderOnly()
      job(): void {
        throw new Error('It is overridden.');
      }
    }
    class Jobs extends Base {
      @Interval(MS)
      @LeaderOnly({ name: 'override' })
      override job(): void {
        work();
      }
    }
    return { providers: [Jobs] };
  },
};

const jobs = jobsWith(Interval(MS), LeaderOnly({ name: 'job' }));
const APPS = [...wrapped, ...decorated, throwing, overriding, ...instances(jobs)];

/** Decorated jobs run on the leader only, whatever else decorates them, and wherever their instance comes from. */
export const decoratedCases: readonly Case[] = [
  ...APPS.map((app) => ({
    title: `runs on the leader only: ${app.title}`,
    run: () => runsOnTheLeaderOnly(app, {}),
  })),
  ...PLACES.map((place) => ({
    title: `gates decorated methods, whatever the order of imports (${place})`,
    run: () => runsOnTheLeaderOnly({ title: '', make: (work) => ({ providers: [jobs(work)] }) }, { place }),
  })),
];
