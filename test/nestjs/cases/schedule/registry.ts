import assert from 'node:assert/strict';
import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import type { DynamicModule, INestApplicationContext, Provider } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { Feature } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { NEVER } from '../support/times.ts';
import { later } from './late-options.ts';

/** A test's mock of the registry, with a single method that records its calls. */
function mockRegistry(): { readonly calls: string[]; readonly addCronJob: (name: string) => void } {
  const calls: string[] = [];
  const addCronJob = Object.assign((name: string) => void calls.push(name), { isMock: true });
  return { calls, addCronJob };
}

/** Boots an app in which every module injects this registry. */
async function bootOn(
  registry: object,
  leaderModule: DynamicModule,
  providers: readonly Provider[] = [],
): Promise<INestApplicationContext> {
  const schedule = { module: Feature, global: true, providers: [SchedulerRegistry], exports: [SchedulerRegistry] };
  const module = await Test.createTestingModule({ imports: [schedule, leaderModule], providers: [...providers] })
    .overrideProvider(SchedulerRegistry)
    .useValue(registry)
    .compile();
  return module.init();
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

async function restoresOnceKnown(): Promise<void> {
  const registry = mockRegistry();
  const { addCronJob } = registry;
  const job = new CronJob(NEVER, () => {});
  const fireOnTick: unknown = Reflect.get(job, 'fireOnTick');
  const registered = Promise.withResolvers<void>();
  const early = {
    provide: 'early',
    async useFactory(its: SchedulerRegistry) {
      // Until ClusterLeaderModule has replaced the method.
      while (its.addCronJob === addCronJob) await new Promise((resolve) => setImmediate(resolve));
      its.addCronJob('early', job);
      assert.notEqual(Reflect.get(job, 'fireOnTick'), fireOnTick);
      registered.resolve();
    },
    inject: [SchedulerRegistry],
  };
  const leaderModule = ClusterLeaderModule.forRootAsync({
    async useFactory() {
      await registered.promise;
      return { mode: 'never' };
    },
  });
  const app = await bootOn(registry, leaderModule, [early]);
  assert.equal(registry.addCronJob, addCronJob);
  assert.equal(Reflect.get(job, 'fireOnTick'), fireOnTick);
  assert.deepEqual(registry.calls, ['early']);
  await app.close();
}

async function keepsAMock(leaderModule: DynamicModule): Promise<void> {
  const registry = mockRegistry();
  const { addCronJob } = registry;
  const imports = [ScheduleModule.forRoot(), leaderModule];
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

/** Other code patches the instance, as instrumentation does, before ClusterLeaderModule does or after. */
async function keepsInstrumentation(
  gate: 'decorated' | 'all',
  isFirst: boolean,
  importWith: typeof later,
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
  const leaderModule = importWith({ mode: 'never', gate });
  const instrumented = { module: Feature, providers: [patch] };
  const imports = [
    ScheduleModule.forRoot(),
    ...(isFirst ? [instrumented, leaderModule] : [leaderModule, instrumented]),
  ];
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

/** A registry that a test has mocked or another package has instrumented. */
export const registry: readonly Case[] = [
  { title: 'does not change the registry or its jobs if only decorated methods are gated', run: touchesNothing },
  { title: 'restores the registry once it is known that only decorated methods are gated', run: restoresOnceKnown },
  {
    title: 'gates all in a mocked registry, which remains a mock and is restored',
    run: () => keepsAMock(ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' })),
  },
  {
    title: 'gates all in a mocked registry, which remains a mock and is restored (forRootAsync)',
    run: () => keepsAMock(later({ mode: 'never', gate: 'all' })),
  },
  ...(['decorated', 'all'] as const).flatMap((gate) =>
    [true, false].flatMap((isFirst) =>
      Object.entries({ forRoot: ClusterLeaderModule.forRoot.bind(ClusterLeaderModule), forRootAsync: later }).map(
        ([name, importWith]) => ({
          title: `keeps instrumentation of the registry that came ${isFirst ? 'before' : 'after'} (${gate}, ${name})`,
          run: () => keepsInstrumentation(gate, isFirst, importWith),
        }),
      ),
    ),
  ),
];
