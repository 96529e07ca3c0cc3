import assert from 'node:assert/strict';
import { ClusterLeaderService } from '@cluster-leader/core';
import { ClusterLeaderModule, LeaderOnly, type ClusterLeaderModuleOptions } from '@cluster-leader/nestjs';
import type { DynamicModule, INestApplicationContext, Provider } from '@nestjs/common';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { quietly } from './app-log.ts';
import { boot, Feature } from './boot.ts';
import { Witness, type Case } from './witness.ts';

const NEVER = '0 0 1 1 *';

/** What a test puts in the registry's place: no more than it needs, and it counts its calls. */
function mockRegistry(): { readonly calls: string[]; readonly addCronJob: (name: string) => void } {
  const calls: string[] = [];
  const addCronJob = Object.assign((name: string) => void calls.push(name), { isMock: true });
  return { calls, addCronJob };
}

/** Boots an app in which this is the registry, that of every module. */
async function bootOn(
  registry: object,
  ours: DynamicModule,
  providers: readonly Provider[] = [],
): Promise<INestApplicationContext> {
  const schedule = { module: Feature, global: true, providers: [SchedulerRegistry], exports: [SchedulerRegistry] };
  const module = await Test.createTestingModule({ imports: [schedule, ours], providers: [...providers] })
    .overrideProvider(SchedulerRegistry)
    .useValue(registry)
    .compile();
  return module.init();
}

function later(options: ClusterLeaderModuleOptions): DynamicModule {
  return ClusterLeaderModule.forRootAsync({
    async useFactory() {
      await new Promise((resolve) => setImmediate(resolve));
      return options;
    },
  });
}

async function touchesNothing(): Promise<void> {
  const registry = Object.freeze(mockRegistry());
  const app = await bootOn(registry, ClusterLeaderModule.forRoot({ mode: 'never' }));
  const job = new CronJob(NEVER, () => {});
  const fireOnTick: unknown = Reflect.get(job, 'fireOnTick');
  app.get(SchedulerRegistry).addCronJob('job', job);
  assert.equal(Reflect.get(job, 'fireOnTick'), fireOnTick);
  assert.deepEqual(registry.calls, ['job']);
  await app.close();
}

async function putsBackOnceKnown(): Promise<void> {
  const registry = mockRegistry();
  const { addCronJob } = registry;
  const job = new CronJob(NEVER, () => {});
  const fireOnTick: unknown = Reflect.get(job, 'fireOnTick');
  const registered = Promise.withResolvers<void>();
  const early = {
    provide: 'early',
    async useFactory(its: SchedulerRegistry) {
      // Until our module has seen the registry.
      while (its.addCronJob === addCronJob) await new Promise((resolve) => setImmediate(resolve));
      its.addCronJob('early', job);
      assert.notEqual(Reflect.get(job, 'fireOnTick'), fireOnTick);
      registered.resolve();
    },
    inject: [SchedulerRegistry],
  };
  const ours = ClusterLeaderModule.forRootAsync({
    async useFactory() {
      await registered.promise;
      return { mode: 'never' };
    },
  });
  const app = await bootOn(registry, ours, [early]);
  assert.equal(registry.addCronJob, addCronJob);
  assert.equal(Reflect.get(job, 'fireOnTick'), fireOnTick);
  assert.deepEqual(registry.calls, ['early']);
  await app.close();
}

async function keepsAMock(ours: DynamicModule): Promise<void> {
  const registry = mockRegistry();
  const { addCronJob } = registry;
  const imports = [ScheduleModule.forRoot(), ours];
  const module = await Test.createTestingModule({ imports })
    .overrideProvider(SchedulerRegistry)
    .useValue(Object.assign(registry, { getCronJobs: () => new Map(), getTimeouts: () => [], getIntervals: () => [] }))
    .compile();
  const app = await module.init();
  let ran = 0;
  const job = new CronJob(NEVER, () => void (ran += 1));
  app.get(SchedulerRegistry).addCronJob('job', job);
  await job.fireOnTick();
  assert.equal(ran, 0);
  assert.deepEqual(registry.calls, ['job']);
  assert.equal(Reflect.get(registry.addCronJob, 'isMock'), true);
  await app.close();
  assert.equal(registry.addCronJob, addCronJob);
}

/** Other code has patched the instance, as instrumentation does, before our module sees it or after. */
async function keepsInstrumentation(
  gate: 'decorated' | 'all',
  isFirst: boolean,
  makeOurs: typeof later,
): Promise<void> {
  const seen: string[] = [];
  let patched: unknown;
  const patch = {
    provide: 'instrumentation',
    useFactory(registry: SchedulerRegistry): void {
      const add = registry.addCronJob.bind(registry);
      registry.addCronJob = (name, job) => {
        seen.push(name);
        add(name, job);
      };
      patched = Reflect.get(registry, 'addCronJob');
    },
    inject: [SchedulerRegistry],
  };
  const ours = makeOurs({ mode: 'never', gate });
  const instrumented = { module: Feature, providers: [patch] };
  const imports = [ScheduleModule.forRoot(), ...(isFirst ? [instrumented, ours] : [ours, instrumented])];
  const module = await Test.createTestingModule({ imports }).compile();
  const app = await module.init();
  let ran = 0;
  const registry = app.get(SchedulerRegistry);
  const job = new CronJob(NEVER, () => void (ran += 1));
  registry.addCronJob('dynamic', job);
  await job.fireOnTick();
  assert.deepEqual([seen, ran], [['dynamic'], gate === 'all' ? 0 : 1]);
  await app.close();
  assert.equal(Reflect.get(registry, 'addCronJob'), patched);
}

async function putsBackMethods(): Promise<void> {
  const ran: string[] = [];
  class Jobs {
    @Interval(100_000)
    async job(): Promise<void> {
      ran.push('job');
    }
  }
  const value = new Jobs();
  const dynamic = new CronJob(NEVER, () => void ran.push('dynamic'));
  const app = await boot(new Witness(), 'never', {
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
  // What schedule has captured, and what cron fires, must not run on a follower that shuts down.
  await captured();
  await dynamic.fireOnTick();
  assert.deepEqual(ran, []);
}

async function refusesAMockOfALeader(): Promise<void> {
  await quietly(async () => {
    for (const mock of [{ isLeader: async () => true }, {}, null]) {
      const compiled = Test.createTestingModule({ imports: [ClusterLeaderModule.forRoot()] })
        .overrideProvider(ClusterLeaderService)
        .useValue(mock)
        .compile();
      await assert.rejects(compiled, { code: 'ERR_MISWIRED', message: /it lacks on, gate, .*fakeLeader\(\)/ });
    }
  });
}

async function runsInAUnitTest(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    async job(): Promise<string> {
      return 'ran';
    }
  }
  await quietly(async () => assert.equal(await new Jobs().job(), undefined));
  const module = await Test.createTestingModule({
    imports: [ClusterLeaderModule.forRoot({ mode: 'always', logger: {} })],
    providers: [Jobs],
  }).compile();
  await module.init();
  assert.equal(await module.get(Jobs).job(), 'ran');
  await module.close();
}

export const mocks: readonly Case[] = [
  { title: 'does not touch the registry nor its jobs if decorators gate', run: touchesNothing },
  { title: 'puts the registry back once it is known that decorators gate', run: putsBackOnceKnown },
  {
    title: 'gates all in a mocked registry, which remains a mock and is put back',
    run: () => keepsAMock(ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' })),
  },
  {
    title: 'gates all in a mocked registry, which remains a mock and is put back (forRootAsync)',
    run: () => keepsAMock(later({ mode: 'never', gate: 'all' })),
  },
  ...(['decorated', 'all'] as const).flatMap((gate) =>
    [true, false].flatMap((isFirst) =>
      Object.entries({ forRoot: ClusterLeaderModule.forRoot.bind(ClusterLeaderModule), forRootAsync: later }).map(
        ([name, makeOurs]) => ({
          title: `keeps what instrumentation has made of the registry ${isFirst ? 'before' : 'after'} (${gate}, ${name})`,
          run: () => keepsInstrumentation(gate, isFirst, makeOurs),
        }),
      ),
    ),
  ),
  { title: 'puts methods back at the end, and lets what fires by time run no more (all)', run: putsBackMethods },
  {
    title: 'refuses what is not a leader in the place of the service, and names fakeLeader()',
    run: refusesAMockOfALeader,
  },
  {
    title: 'runs a gated method in a unit test with a leader that always leads, and not without',
    run: runsInAUnitTest,
  },
];
