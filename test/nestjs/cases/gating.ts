import assert from 'node:assert/strict';
import {
  ClusterLeaderModule,
  EveryReplica,
  LeaderCron,
  LeaderInterval,
  LeaderOnly,
  LeaderTimeout,
} from '@cluster-leader/nestjs';
import { Controller, Injectable, Scope, type Type } from '@nestjs/common';
import { Cron, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { boot, Feature, PLACES, type Place, type Wiring } from './boot.ts';
import { Witness, type Case } from './witness.ts';

const MS = 5;
const EVERY_SECOND = '* * * * * *';

/** An app with one job, which does `work` and is called as the skips say. */
interface GatedApp {
  readonly title: string;
  readonly skips?: string;
  /** How many ticks to wait for. Default 2; a timeout has one, and cron takes a second for each. */
  readonly ticks?: number;
  make(work: () => void): Wiring;
}

/** Decorators of others that put a function of their own in the method's place, as those for tracing and transactions do. */
const WRAPPERS: readonly { readonly title: string; readonly wrap: () => MethodDecorator }[] = [
  { title: 'inherits metadata', wrap: () => wrapping((wrapper, method) => Object.setPrototypeOf(wrapper, method)) },
  {
    title: 'copies metadata',
    wrap: () =>
      wrapping((wrapper, method) => {
        for (const key of Reflect.getOwnMetadataKeys(method)) {
          Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
        }
      }),
  },
];

function wrapping(dress: (wrapper: object, method: object) => void): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method: (...args: unknown[]) => unknown = descriptor.value;
    descriptor.value = function wrapper(this: unknown, ...args: unknown[]): unknown {
      return method.apply(this, args);
    };
    dress(descriptor.value, method);
  };
}

const wrapped: readonly GatedApp[] = [
  ...WRAPPERS.flatMap(({ title, wrap }): GatedApp[] => [
    {
      title: `a wrapper that ${title} above @LeaderOnly above @Interval`,
      make(work) {
        class Jobs {
          @wrap()
          @LeaderOnly()
          @Interval(MS)
          job(): void {
            work();
          }
        }
        return { providers: [Jobs] };
      },
    },
    {
      title: `@LeaderOnly above a wrapper that ${title} above @Interval`,
      make(work) {
        class Jobs {
          @LeaderOnly()
          @wrap()
          @Interval(MS)
          job(): void {
            work();
          }
        }
        return { providers: [Jobs] };
      },
    },
  ]),
  {
    title: '@Interval above @LeaderOnly above a wrapper without metadata',
    make(work) {
      class Jobs {
        @Interval(MS)
        @LeaderOnly()
        @wrapping(() => {})
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@Interval above a wrapper without metadata above @LeaderOnly',
    make(work) {
      class Jobs {
        @Interval(MS)
        @wrapping(() => {})
        @LeaderOnly()
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
];

const decorated: readonly GatedApp[] = [
  ...wrapped,
  {
    title: '@LeaderOnly above @Interval',
    make(work) {
      class Jobs {
        @LeaderOnly()
        @Interval(MS)
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderOnly below @Interval',
    make(work) {
      class Jobs {
        @Interval('named', MS)
        @LeaderOnly()
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderOnly above @Cron',
    ticks: 1,
    make(work) {
      class Jobs {
        @LeaderOnly()
        @Cron(EVERY_SECOND, { name: 'a cron job' })
        async job(): Promise<void> {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderOnly below @Cron, with waitForCompletion',
    make(work) {
      class Jobs {
        @Cron(EVERY_SECOND, { waitForCompletion: true })
        @LeaderOnly()
        async job(): Promise<void> {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderOnly with @Timeout, and a name of its own',
    skips: 'once',
    ticks: 1,
    make(work) {
      class Jobs {
        @Timeout(MS)
        @LeaderOnly({ name: 'once' })
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderCron',
    ticks: 1,
    skips: 'billing',
    make(work) {
      class Jobs {
        @LeaderCron(EVERY_SECOND, { name: 'billing' })
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderInterval',
    make(work) {
      class Jobs {
        @LeaderInterval(MS)
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderInterval with a name',
    skips: 'sweep',
    make(work) {
      class Jobs {
        @LeaderInterval('sweep', MS)
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: '@LeaderTimeout',
    ticks: 1,
    make(work) {
      class Jobs {
        @LeaderTimeout(MS)
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: 'a job that throws',
    make(work) {
      class Jobs {
        @LeaderInterval(MS)
        async job(): Promise<void> {
          work();
          throw new Error('on purpose');
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: 'forRootAsync with useFactory, inject and imports',
    make(work) {
      class Jobs {
        @LeaderInterval(MS)
        job(): void {
          work();
        }
      }
      return {
        providers: [Jobs],
        leaderModule: (options) =>
          ClusterLeaderModule.forRootAsync({
            imports: [{ module: Feature, providers: [{ provide: 'config', useValue: options }], exports: ['config'] }],
            inject: ['config'],
            useFactory: async (config) => config,
          }),
      };
    },
  },
  {
    title: 'forRootAsync with useClass',
    make(work) {
      class Jobs {
        @LeaderInterval(MS)
        job(): void {
          work();
        }
      }
      return {
        providers: [Jobs],
        leaderModule: (options) =>
          ClusterLeaderModule.forRootAsync({
            useClass: class {
              createClusterLeaderOptions = () => options;
            },
          }),
      };
    },
  },
  {
    title: 'forRootAsync with useExisting',
    make(work) {
      class Jobs {
        @LeaderInterval(MS)
        job(): void {
          work();
        }
      }
      return {
        providers: [Jobs],
        leaderModule(options) {
          class Existing {
            createClusterLeaderOptions = () => options;
          }
          const config = { module: Feature, providers: [Existing], exports: [Existing] };
          return ClusterLeaderModule.forRootAsync({ imports: [config], useExisting: Existing });
        },
      };
    },
  },
];

/** The same job in an instance of every kind that Nest knows, in either way of gating. */
function kinds(jobs: (work: () => void) => Type): readonly GatedApp[] {
  return [
    { title: 'a provider', make: (work) => ({ providers: [jobs(work)] }) },
    { title: 'a controller', make: (work) => ({ controllers: [Controller()(jobs(work)) ?? jobs(work)] }) },
    {
      title: 'an instance of a factory',
      make(work) {
        const Jobs = jobs(work);
        return { providers: [{ provide: 'jobs', useFactory: () => new Jobs() }] };
      },
    },
    {
      title: 'an instance of an asynchronous factory',
      make(work) {
        const Jobs = jobs(work);
        return { providers: [{ provide: 'jobs', useFactory: async () => new Jobs() }] };
      },
    },
    {
      title: 'a given value',
      make(work) {
        const Jobs = jobs(work);
        return { providers: [{ provide: 'jobs', useValue: new Jobs() }] };
      },
    },
    {
      title: 'a transient provider',
      make(work) {
        const Jobs = jobs(work);
        Injectable({ scope: Scope.TRANSIENT })(Jobs);
        return { providers: [Jobs] };
      },
    },
    {
      title: 'a provider of a child module',
      make: (work) => ({ imports: [{ module: Feature, providers: [jobs(work)] }] }),
    },
    {
      title: 'a class that inherits the handler',
      make(work) {
        class Derived extends jobs(work) {}
        return { providers: [Derived] };
      },
    },
  ];
}

function gatedByDecorator(work: () => void): Type {
  class Jobs {
    @Interval(MS)
    @LeaderOnly({ name: 'job' })
    job(): void {
      work();
    }
  }
  return Jobs;
}

function ungated(work: () => void): Type {
  class Jobs {
    @Interval(MS)
    job(): void {
      work();
    }
  }
  return Jobs;
}

const gatedByOverride: GatedApp = {
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

const all: readonly GatedApp[] = [
  ...kinds(ungated),
  ...WRAPPERS.map(({ title, wrap }): GatedApp => ({
    title: `a wrapper that ${title}`,
    make(work) {
      class Jobs {
        @wrap()
        @Interval(MS)
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  })),
  {
    title: 'a cron handler',
    ticks: 1,
    make(work) {
      class Jobs {
        @Cron(EVERY_SECOND, { name: 'named' })
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: 'a timeout handler',
    ticks: 1,
    make(work) {
      class Jobs {
        @Timeout(MS)
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  {
    title: 'a static method that a class inherits, given as a value',
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
    title: 'an override decorated with a schedule alone',
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
  {
    title: 'a handler that is @LeaderOnly as well, once',
    skips: 'job',
    make: (work) => ({ providers: [gatedByDecorator(work)] }),
  },
  {
    title: 'a handler that is @LeaderOnly as well, once, below a wrapper without metadata',
    skips: 'job',
    make(work) {
      class Jobs {
        @Interval(MS)
        @wrapping(() => {})
        @LeaderOnly({ name: 'job' })
        job(): void {
          work();
        }
      }
      return { providers: [Jobs] };
    },
  },
  ...(['constructor', 'onModuleInit', 'onApplicationBootstrap'] as const).map((phase): GatedApp => ({
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
  })),
];

async function runsOnTheLeaderAlone(gated: GatedApp, wiring: Wiring): Promise<void> {
  const { skips, ticks = 2 } = gated;
  const leader = new Witness();
  const leading = await boot(leader, 'always', { ...gated.make(leader.work), ...wiring });
  await leader.until(({ runs }) => runs.length >= ticks);
  await leading.close();
  assert.ok(leader.runs.every((term) => term === 1));
  assert.deepEqual(
    leader.skips.filter((skip) => !skip.endsWith('closed')),
    [],
  );

  const follower = new Witness();
  const following = await boot(follower, 'never', { ...gated.make(follower.work), ...wiring });
  await follower.until((seen) => seen.skips.length >= ticks);
  await following.close();
  assert.deepEqual(follower.runs, []);
  const name = skips ?? follower.skips[0]?.split(':')[0];
  assert.match(name ?? '', /^(\w+\.)?\w+$/);
  assert.ok(
    follower.skips.every((skip) => skip === `${name}: follower` || skip === `${name}: closed`),
    follower.skips.join(),
  );
}

const EVERY: readonly GatedApp[] = [...decorated, gatedByOverride, ...kinds(gatedByDecorator)];

/** Whatever Nest makes of a class, the leader runs its jobs and a follower skips them. */
export const gating: readonly Case[] = [
  ...EVERY.map((app) => ({
    title: `runs on the leader alone: ${app.title}`,
    run: () => runsOnTheLeaderAlone(app, {}),
  })),
  ...PLACES.map((place) => ({
    title: `gates what is decorated, whatever the import order (${place})`,
    run: () =>
      runsOnTheLeaderAlone({ title: '', make: (work) => ({ providers: [gatedByDecorator(work)] }) }, { place }),
  })),
  ...PLACES.flatMap((place) =>
    all.map((app) => ({
      title: `gates all (${place}): ${app.title}`,
      run: () => runsOnTheLeaderAlone(app, { place, options: { gate: 'all' } }),
    })),
  ),
  ...PLACES.map((place) => ({
    title: `gates all but what is @EveryReplica (${place})`,
    run: () => runsEverywhere(place),
  })),
];

async function runsEverywhere(place: Place): Promise<void> {
  const witness = new Witness();
  const jobs = { cron: 0, interval: 0, timeout: 0 };
  const note = (kind: keyof typeof jobs): void => {
    jobs[kind] += 1;
    witness.workAnyway();
  };
  class Jobs {
    @EveryReplica()
    @Cron(EVERY_SECOND)
    cron(): void {
      note('cron');
    }
    @Interval(MS)
    @wrapping(() => {})
    @EveryReplica()
    interval(): void {
      note('interval');
    }
    @Timeout(MS)
    @EveryReplica()
    timeout(): void {
      note('timeout');
    }
  }
  const app = await boot(witness, 'never', { providers: [Jobs], place, options: { gate: 'all' } });
  await witness.until(() => jobs.cron > 0 && jobs.interval > 0 && jobs.timeout > 0);
  await app.close();
  assert.deepEqual(witness.skips, []);
}
