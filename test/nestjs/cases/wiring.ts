import assert from 'node:assert/strict';
import { ClusterLeaderService } from '@cluster-leader/core';
import {
  ClusterLeaderModule,
  EveryReplica,
  LeaderInterval,
  LeaderOnly,
  LeaderTimeout,
  OnDemoted,
  OnElected,
} from '@cluster-leader/nestjs';
import { fakeLeader } from '@cluster-leader/testing';
import { Controller, Get, Inject, Injectable, Module, Scope, SetMetadata, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { collect, quietly } from './app-log.ts';
import { boot, Feature, PLACES, rootOf, type Place, type Wiring } from './boot.ts';
import { Witness, type Case } from './witness.ts';

const MS = 5;

async function refusesToBoot(wiring: Wiring, message: RegExp, code = 'ERR_MISWIRED'): Promise<void> {
  await quietly(async () => {
    await assert.rejects(boot(new Witness(), 'never', wiring), { code, message });
  });
}

async function neverRunsWithoutTheModule(): Promise<void> {
  const ran: string[] = [];
  const tick = Promise.withResolvers<void>();
  class Jobs {
    @Interval(MS)
    @LeaderOnly()
    gated(): void {
      ran.push('gated');
    }
    @Interval(MS)
    free(): void {
      ran.push('free');
      if (ran.length > 4) tick.resolve();
    }
  }
  @Module({ imports: [ScheduleModule.forRoot()], providers: [Jobs] })
  class Root {}
  const log: string[] = [];
  const app = await NestFactory.createApplicationContext(Root, { logger: collect(log) });
  await tick.promise;
  await app.close();
  assert.deepEqual([...new Set(ran)], ['free']);
  assert.equal(log.filter((line) => line.includes('Jobs.gated is @LeaderOnly')).length, 1);
}

async function reportsTheFirstCall(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    async job(): Promise<void> {}
  }
  const log: string[] = [];
  const app = await NestFactory.createApplicationContext(
    { module: Feature, providers: [Jobs] },
    { logger: collect(log) },
  );
  assert.deepEqual(log, []);
  await app.get(Jobs).job();
  await app.get(Jobs).job();
  await app.close();
  assert.equal(log.length, 1);
  assert.match(
    log[0] ?? '',
    /^Jobs\.job is @LeaderOnly, but no ClusterLeaderModule has found its instance, so it never runs.*mode: 'always'/,
  );
}

/** A method that Nest calls at boot and schedule calls from then on, beside one that is gated. */
async function keepsHooks(isGated: boolean): Promise<void> {
  const witness = new Witness();
  class Hooked {
    @Interval(MS)
    async onApplicationBootstrap(): Promise<void> {
      witness.workAnyway();
    }
    @LeaderOnly()
    async job(): Promise<void> {}
  }
  class Plain {
    @Interval(MS)
    async onApplicationBootstrap(): Promise<void> {
      witness.workAnyway();
    }
  }
  const hook: unknown = Reflect.get(Hooked.prototype, 'onApplicationBootstrap');
  const app = await boot(witness, 'never', { providers: [isGated ? Hooked : Plain] });
  await witness.until(({ runs }) => runs.length > 3);
  await app.close();
  assert.equal(Reflect.get(Hooked.prototype, 'onApplicationBootstrap'), hook);
  assert.deepEqual(Object.getOwnPropertyNames(Hooked.prototype), ['constructor', 'onApplicationBootstrap', 'job']);
}

/** A class without a hook of its own gets none. */
async function addsNothingToAClass(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    @OnElected()
    async job(): Promise<void> {}
  }
  assert.deepEqual(Object.getOwnPropertyNames(Jobs.prototype), ['constructor', 'job']);
}

async function leavesRequestScopeToSchedule(options: Wiring['options']): Promise<void> {
  const witness = new Witness();
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @LeaderInterval(MS)
    job(): void {
      witness.workAnyway();
    }
  }
  class Other {
    @LeaderInterval(MS)
    job(): void {
      witness.work();
    }
  }
  const log: string[] = [];
  const root = rootOf(witness, 'always', { providers: [PerRequest, Other], ...(options && { options }) });
  const app = await NestFactory.createApplicationContext(root, { logger: collect(log) });
  await witness.until(({ runs }) => runs.length > 3);
  await app.close();
  assert.ok(witness.runs.every((term) => term === 1));
  assert.ok(
    log.some((line) => line.startsWith('Cannot register interval "PerRequest@job"')),
    log.join('\n'),
  );
}

async function injectsByClass(): Promise<void> {
  @Injectable()
  class Reader {
    constructor(@Inject(ClusterLeaderService) readonly leader: ClusterLeaderService) {}
  }
  const app = await boot(new Witness(), 'always', { providers: [Reader] });
  assert.equal(app.get(Reader).leader, app.get(ClusterLeaderService));
  assert.equal(app.get(Reader).leader.isLeaderNow(), true);
  await app.close();
}

async function gatesAJobOnce(): Promise<void> {
  const witness = new Witness();
  const app = await boot(witness, 'never', { options: { gate: 'all' } });
  const registry = app.get(SchedulerRegistry);
  const job = new CronJob('0 0 1 1 *', witness.workAnyway);
  registry.addCronJob('job', job);
  registry.deleteCronJob('job');
  registry.addCronJob('again', job);
  await job.fireOnTick();
  assert.deepEqual(witness.skips, ['job: follower']);
  assert.throws(() => registry.addCronJob('again', new CronJob('0 0 1 1 *', witness.workAnyway)), /already exists/);
  assert.deepEqual(witness.runs, []);
  await app.close();
}

async function holdsEarlyJobs(gate: 'decorated' | 'all'): Promise<void> {
  const witness = new Witness();
  const started = Promise.withResolvers<void>();
  const jobs = {
    provide: 'jobs',
    useFactory(registry: SchedulerRegistry) {
      const job = new CronJob('0 0 1 1 *', witness.workAnyway);
      registry.addCronJob('early', job);
      setImmediate(() => {
        void job.fireOnTick();
        started.resolve();
      });
    },
    inject: [SchedulerRegistry],
  };
  const app = await boot(witness, 'never', {
    providers: [jobs],
    leaderModule: (options) =>
      ClusterLeaderModule.forRootAsync({
        async useFactory() {
          await started.promise;
          await new Promise((resolve) => setImmediate(resolve));
          assert.deepEqual(witness.runs, []);
          return { ...options, gate };
        },
      }),
  });
  await witness.until(({ runs, skips }) => runs.length + skips.length > 0);
  assert.deepEqual(witness.skips, gate === 'all' ? ['early: follower'] : []);
  await app.close();
}

async function logsWhatAGateThrows(place: Place): Promise<void> {
  const log: string[] = [];
  const job = new CronJob('0 0 1 1 *', () => {});
  const early = { provide: 'early', useFactory: add, inject: [SchedulerRegistry] };
  function add(registry: SchedulerRegistry): void {
    registry.addCronJob('early', job);
  }
  const leader = fakeLeader({ onUnknown: 'throw' });
  leader.unknown();
  const root = rootOf(new Witness(), 'never', { providers: [early], place, options: { gate: 'all' } });
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

function overriding(): Wiring {
  class Base {
    @Interval(MS)
    @LeaderOnly()
    job(): void {}
  }
  class Jobs extends Base {
    @Interval(MS)
    override job(): void {}
  }
  return { providers: [Jobs] };
}

/** What another copy of schedule looks like from outside, whatever its version and its minifier. */
function secondCopy(): Wiring {
  class E {
    readonly cronJobs = new Map<string, unknown>();
  }
  Object.defineProperties(E.prototype, Object.getOwnPropertyDescriptors(SchedulerRegistry.prototype));
  return { providers: [E], options: { gate: 'all' } };
}

/** A minifier may give a class of the app the name that the registry has. */
async function goesByIdentity(): Promise<void> {
  const witness = new Witness();
  const named = {
    SchedulerRegistry: class {
      readonly jobs = [];
    },
  };
  class Jobs {
    @Interval(MS)
    job(): void {
      witness.workAnyway();
    }
  }
  const app = await boot(witness, 'never', { providers: [named.SchedulerRegistry, Jobs], options: { gate: 'all' } });
  await witness.until(({ skips }) => skips.length > 1);
  await app.close();
  assert.deepEqual(witness.runs, []);
}

function extendedRegistry(): Wiring {
  class Ours extends SchedulerRegistry {}
  return { providers: [Ours], options: { gate: 'all' } };
}

function secondRegistry(): Wiring {
  return { imports: [ScheduleModule.forRoot({ timeouts: false })], options: { gate: 'all' } };
}

function providedRegistry(): Wiring {
  return { imports: [{ module: Feature, providers: [SchedulerRegistry] }], options: { gate: 'all' } };
}

/** Jobs may be put into it before any module is initialised, and ours does not see it by then. */
async function refusesALocalRegistry(): Promise<void> {
  await quietly(async () => {
    const leader = ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' });
    const root = { module: Feature, imports: [{ ...ScheduleModule.forRoot(), global: false }, leader] };
    await assert.rejects(NestFactory.createApplicationContext(root, { logger: false, abortOnError: false }), {
      code: 'ERR_MISWIRED',
      message: /or one that is not global\. Import ScheduleModule\.forRoot\(\) once/,
    });
  });
}

/** Explorers of versions to come. */
const CHANGED: Readonly<Record<string, object>> = {
  'looks at no handlers on demand': { schedulerOrchestrator: { cronJobs: {}, timeouts: {}, intervals: {} } },
  'has no orchestrator': { explore(): void {} },
  'keeps its jobs elsewhere': { explore(): void {}, schedulerOrchestrator: { cronJobs: {}, timers: {} } },
  'keeps its jobs otherwise': {
    explore(): void {},
    schedulerOrchestrator: { cronJobs: new Map(), timeouts: new Map(), intervals: new Map() },
  },
};

async function refusesAnUnknownSchedule(changed: object): Promise<void> {
  const known = ScheduleModule.forRoot();
  const providers = known.providers?.map((provider) =>
    typeof provider === 'function' && provider.name === 'ScheduleExplorer'
      ? { provide: provider, useValue: changed }
      : provider,
  );
  assert.notDeepEqual(providers, known.providers);
  await quietly(async () => {
    const leader = ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' });
    const root = { module: Feature, imports: [leader, { ...known, providers: providers ?? [] }] };
    await assert.rejects(NestFactory.createApplicationContext(root, { logger: false, abortOnError: false }), {
      code: 'ERR_MISWIRED',
      message: /this version of @nestjs\/schedule is not supported\. Install version 6 or 12, or/,
    });
  });
}

async function bootsWithoutSchedule(): Promise<void> {
  class Jobs {
    @Interval(MS)
    job(): void {}
  }
  @Module({ imports: [ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' })], providers: [Jobs] })
  class Root {}
  const app = await NestFactory.createApplicationContext(Root, { logger: false });
  await app.close();
}

function frozen(): Wiring {
  class Jobs {
    @Interval(MS)
    job(): void {}
  }
  return { providers: [{ provide: 'jobs', useValue: Object.freeze(new Jobs()) }], options: { gate: 'all' } };
}

function imported2(): Wiring {
  class Jobs {
    @LeaderInterval(MS)
    job(): void {}
  }
  return { providers: [Jobs], imports: [ClusterLeaderModule.forRoot({ mode: 'always', leaseDurationMs: 9_000 })] };
}

/** What marks the methods that something else than time calls: decorators of Nest, and the metadata of its packages. */
const CALLERS: readonly { readonly title: string; readonly caller: string; readonly decorate: MethodDecorator }[] = [
  { title: '@Get', caller: 'an HTTP request', decorate: Get() },
  { title: '@Sse', caller: 'an HTTP request', decorate: Sse() },
  ...(
    [
      ['@MessagePattern and @EventPattern', 'a message', 'microservices:pattern'],
      ['@SubscribeMessage', 'a message', 'websockets:message_mapping'],
      ['@Query and @Mutation', 'a GraphQL request', 'graphql:resolver_type'],
      ["@Process of Bull's", "a queue's job", 'bull:module_queue_process'],
      ['@OnWorkerEvent', "an event of a queue's worker", 'bullmq:worker_events_metadata'],
    ] as const
  ).map(([title, caller, key]) => ({ title, caller, decorate: SetMetadata(key, 'any') })),
];

function called(decorate: MethodDecorator, order: 'above' | 'below' | 'all'): Wiring {
  class Above {
    @LeaderOnly()
    @decorate
    handle(): void {}
  }
  class Below {
    @decorate
    @LeaderOnly()
    handle(): void {}
  }
  class Scheduled {
    @decorate
    @Interval(MS)
    handle(): void {}
  }
  const Handlers = { above: Above, below: Below, all: Scheduled }[order];
  return { providers: [Handlers], options: { gate: order === 'all' ? 'all' : 'decorated' } };
}

/** BullMQ's processor, which is known by its class. */
function processor(): Wiring {
  @SetMetadata('bullmq:processor_metadata', { name: 'mail' })
  class Mail {
    @LeaderOnly()
    async process(): Promise<void> {}
  }
  return { providers: [Mail] };
}

async function bootsBesideHandlers(): Promise<void> {
  const witness = new Witness();
  @Controller()
  @SetMetadata('bullmq:processor_metadata', { name: 'mail' })
  class Mail {
    @Get()
    async process(): Promise<void> {}
    @LeaderInterval(MS)
    @SetMetadata('method', "an app's own")
    sweep(): void {
      witness.work();
    }
  }
  const app = await boot(witness, 'always', { controllers: [Mail] });
  await witness.until(({ runs }) => runs.length > 1);
  await app.close();
}

function listeningPerRequest(): Wiring {
  @Injectable({ scope: Scope.REQUEST })
  class Listener {
    @OnElected()
    up(): void {}
  }
  return { providers: [Listener] };
}

async function refusesContradictions(): Promise<void> {
  const code = 'ERR_MISWIRED';
  assert.throws(
    () => {
      class Jobs {
        @LeaderOnly()
        @EveryReplica()
        job(): void {}
      }
      return Jobs;
    },
    { code, message: /^Jobs\.job is both @LeaderOnly and @EveryReplica/ },
  );
  assert.throws(
    () => {
      @Controller()
      class Jobs {
        @EveryReplica()
        @LeaderOnly()
        job(): void {}
      }
      return Jobs;
    },
    { code },
  );
  assert.throws(
    () => {
      class Jobs {
        @LeaderOnly()
        @LeaderInterval(MS)
        job(): void {}
      }
      return Jobs;
    },
    { code, message: /twice/ },
  );
}

async function refusesWhatNestDoesNotSee(): Promise<void> {
  const key = Symbol('job');
  const decorators = { LeaderOnly, EveryReplica, OnElected, OnDemoted };
  for (const [name, decorate] of Object.entries(decorators)) {
    assert.throws(() => decorate()({}, key, { value(): void {} }), {
      code: 'ERR_MISWIRED',
      message: `@${name}() is used on Symbol(job), which is a symbol. Give the method a string as its name.`,
    });
    assert.throws(() => decorate()({}, 'job', { get: () => () => {} }), {
      code: 'ERR_MISWIRED',
      message: `@${name}() is used on job, which is not a method. Make it a method, or gate a function with leader.gate().`,
    });
  }
}

async function refusesWrongOptions(): Promise<void> {
  for (const [options, message] of [
    [{ onskip() {} }, /^onskip is .*, but it must be one of the options:? name, onSkip/],
    [{ onSkip: 'log' }, /^onSkip is 'log', but it must be a function/],
    [{ name: 5 }, /^name is 5, but it must be a string/],
    ['nightly', /^options is 'nightly', but it must be an object/],
  ] as const) {
    const decorate = (): unknown => Reflect.apply(LeaderOnly, undefined, [options]);
    assert.throws(decorate, { code: 'ERR_INVALID_OPTION', message });
  }
}

async function refusesWrongTimes(): Promise<void> {
  for (const [make, timer] of Object.entries({ LeaderInterval, LeaderTimeout })) {
    for (const args of [[], ['name'], ['name', '5'], [5, 5]]) {
      assert.throws(
        () => Reflect.apply(timer, undefined, args),
        { code: 'ERR_INVALID_OPTION', message: /^timeoutMs is / },
        make,
      );
    }
  }
}

const INVALID: readonly { readonly options: object; readonly message: RegExp }[] = [
  { options: { gate: 'some' }, message: /^gate is 'some', but it must be 'decorated' or 'all'\.$/ },
  { options: { shutdownTimeoutMs: -1 }, message: /^shutdownTimeoutMs is -1, but it must be a number of milliseconds/ },
  { options: { eventEmitter: 'yes' }, message: /^eventEmitter is 'yes', but it must be true or false\.$/ },
  { options: { eventEmitter: true }, message: /^eventEmitter is true, but it must be false in an app without/ },
  { options: { ttl: 10 }, message: /^ttl is 10, but it must be one of the options/ },
];

export const wiring: readonly Case[] = [
  { title: 'makes the service injectable by its class', run: injectsByClass },
  { title: 'never runs a decorated method in an app without the module', run: neverRunsWithoutTheModule },
  { title: 'reports the first call of a decorated method in an app without the module', run: reportsTheFirstCall },
  {
    title: 'leaves an undecorated hook that is scheduled as it is, beside a gated method',
    run: () => keepsHooks(true),
  },
  { title: 'control: schedules a hook in a class without a gated method', run: () => keepsHooks(false) },
  { title: 'adds nothing to a class whose method it decorates', run: addsNothingToAClass },
  { title: 'leaves the refusal of request-scoped providers to schedule', run: () => leavesRequestScopeToSchedule({}) },
  {
    title: 'leaves the refusal of request-scoped providers to schedule (gate all)',
    run: () => leavesRequestScopeToSchedule({ gate: 'all' }),
  },
  { title: 'holds a cron job that ticks before the options are known (all)', run: () => holdsEarlyJobs('all') },
  { title: 'holds it no longer than that (decorated)', run: () => holdsEarlyJobs('decorated') },
  ...PLACES.map((place) => ({
    title: `logs what the gate of a dynamic cron job throws (${place})`,
    run: () => logsWhatAGateThrows(place),
  })),
  { title: 'gates a cron job once, however often it is registered', run: gatesAJobOnce },
  {
    title: 'refuses to boot where an override has lost its gate',
    run: () =>
      refusesToBoot(overriding(), /^Jobs\.job overrides a method that is @LeaderOnly, and is not @LeaderOnly itself\. Put @LeaderOnly/),
  },
  ...PLACES.map((place) => ({
    title: `refuses to boot where a handler cannot be gated (${place})`,
    run: () => refusesToBoot({ ...frozen(), place }, /Jobs\.job cannot be gated in its instance\. Do not freeze it/),
  })),
  {
    title: 'refuses to boot with two copies of schedule (gate all)',
    run: () => refusesToBoot(secondCopy(), /there are two copies of @nestjs\/schedule\. Let npm deduplicate/),
  },
  ...[secondRegistry, providedRegistry, extendedRegistry].map((make) => ({
    title: `refuses to boot with two registries, of which it might know one (gate all, ${make.name})`,
    run: () =>
      refusesToBoot(make(), /there is more than one SchedulerRegistry.*\. Import ScheduleModule\.forRoot\(\) once/),
  })),
  { title: 'gates all in an app with another class of the name SchedulerRegistry', run: goesByIdentity },
  { title: 'refuses to boot with a registry that is not global (gate all)', run: refusesALocalRegistry },
  ...Object.entries(CHANGED).map(([change, explorer]) => ({
    title: `refuses to boot with a schedule that ${change} (gate all)`,
    run: () => refusesAnUnknownSchedule(explorer),
  })),
  { title: 'boots in an app that schedules nothing (gate all)', run: bootsWithoutSchedule },
  {
    title: 'refuses to boot where the module is imported twice',
    run: () => refusesToBoot(imported2(), /^Jobs\.job is gated twice\. Import ClusterLeaderModule once/),
  },
  ...CALLERS.flatMap(({ title, caller, decorate }) =>
    (['above', 'below', 'all'] as const).map((order) => ({
      title: `refuses to boot if it gates a method that is called by ${caller} (${title}, ${order})`,
      run: () =>
        refusesToBoot(
          called(decorate, order),
          new RegExp(`^\\w+\\.handle runs on the leader only, but ${caller} calls it, .* Handle it on every replica`),
        ),
    })),
  ),
  {
    title: "refuses to boot if it gates a queue's processor (BullMQ)",
    run: () => refusesToBoot(processor(), /^Mail\.process runs on the leader only, but a queue's job calls it/),
  },
  { title: 'gates a scheduled method beside handlers of requests and jobs', run: bootsBesideHandlers },
  {
    title: 'refuses to boot where a listener is made anew per request',
    run: () => refusesToBoot(listeningPerRequest(), /^Listener\.up listens for elections/),
  },
  { title: 'refuses decorators that contradict each other, where the class is defined', run: refusesContradictions },
  { title: 'refuses options that it does not know, when the class is defined', run: refusesWrongOptions },
  { title: 'refuses times that are not numbers, when the class is defined', run: refusesWrongTimes },
  { title: 'refuses decorators on symbols and accessors, where the class is defined', run: refusesWhatNestDoesNotSee },
  ...INVALID.map(({ options, message }) => ({
    title: `refuses to boot with ${JSON.stringify(options)}`,
    run: () => refusesToBoot({ options }, message, 'ERR_INVALID_OPTION'),
  })),
];
