import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ClusterLeaderService, currentTerm, type LeadershipEvents } from '@cluster-leader/core';
import {
  ClusterLeaderHealthIndicator,
  ClusterLeaderModule,
  LeaderCron,
  LeaderInterval,
  LeaderOnly,
  OnDemoted,
  OnElected,
  type ClusterLeaderModuleOptions,
  type Skip,
} from '@cluster-leader/nestjs';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { Logger, type INestApplicationContext, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { collect, quietly } from './app-log.ts';
import { Feature } from './boot.ts';
import type { Case } from './witness.ts';

const MS = 5;

interface Booted {
  readonly app: INestApplicationContext;
  readonly leader: FakeLeader;
}

/** Boots an app whose leader is in the hands of the test. */
async function boot(
  wiring: ModuleMetadata,
  options: ClusterLeaderModuleOptions = {},
  leader: FakeLeader = fakeLeader(),
): Promise<Booted> {
  const imports = [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot(options), ...(wiring.imports ?? [])];
  const module = await Test.createTestingModule({ ...wiring, imports })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  return { app: await module.init(), leader };
}

async function eventOf<Name extends keyof LeadershipEvents>(
  leader: FakeLeader,
  name: Name,
): Promise<LeadershipEvents[Name]> {
  return new Promise((resolve) => {
    const end = leader.on(name, (event) => {
      end();
      resolve(event);
    });
  });
}

async function abortsOnLoss(): Promise<void> {
  const started = Promise.withResolvers<AbortSignal>();
  class Jobs {
    @LeaderInterval(MS)
    async job(): Promise<void> {
      const { signal } = currentTerm();
      started.resolve(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
  }
  const { app, leader } = await boot({ providers: [Jobs] });
  leader.elect();
  const signal = await started.promise;
  leader.demote();
  assert.equal(signal.aborted, true);
  await app.close();
}

async function skipsInItsStead(): Promise<void> {
  class Jobs {
    @LeaderOnly({ onSkip: ({ name, reason }: Skip) => `${name} skipped: ${reason}` })
    async job(what: string): Promise<string> {
      return `did ${what}`;
    }
  }
  const { app, leader } = await boot({ providers: [Jobs] });
  const jobs = app.get(Jobs);
  assert.equal(await jobs.job('this'), 'Jobs.job skipped: follower');
  leader.elect();
  assert.equal(await jobs.job('that'), 'did that');
  await app.close();
  assert.equal(await jobs.job('more'), 'Jobs.job skipped: closed');
}

async function callsTheOverridden(): Promise<void> {
  const did: string[] = [];
  class Base {
    @LeaderOnly()
    async job(): Promise<void> {
      did.push('base');
    }
  }
  class Jobs extends Base {
    override async job(): Promise<void> {
      did.push('derived');
      await super.job();
    }
  }
  const { app, leader } = await boot({ providers: [Jobs] });
  await app.get(Jobs).job();
  leader.elect();
  await app.get(Jobs).job();
  assert.deepEqual(did, ['derived', 'derived', 'base']);
  await app.close();
}

async function twoApps(): Promise<void> {
  const ran: string[] = [];
  class Jobs {
    constructor(readonly app: string) {}
    @Interval(MS)
    @LeaderOnly()
    async job(): Promise<void> {
      ran.push(this.app);
    }
  }
  const jobsOf = (name: string): ModuleMetadata => ({ providers: [{ provide: 'jobs', useValue: new Jobs(name) }] });
  const one = await boot(jobsOf('one'), { gate: 'all' });
  const two = await boot(jobsOf('two'));
  two.leader.elect();
  await eventOf(one.leader, 'skipped');
  await eventOf(one.leader, 'skipped');
  await two.app.close();
  assert.deepEqual([...new Set(ran)], ['two']);
  one.leader.elect();
  const before = ran.length;
  await one.app.get<Jobs>('jobs').job();
  assert.ok(ran.slice(before).includes('one'));
  await one.app.close();
}

async function hasASecondLife(): Promise<void> {
  const runs = { first: 0, second: 0 };
  let app: keyof typeof runs = 'first';
  class Jobs {
    @Interval(100_000)
    async job(): Promise<void> {
      runs[app] += 1;
    }
  }
  const value = new Jobs();
  const providers = [{ provide: 'jobs', useValue: value }];
  const first = await boot({ providers }, { gate: 'all' });
  await assert.rejects(boot({ providers }, { gate: 'all' }), {
    code: 'ERR_MISWIRED',
    message: /Jobs\.job is gated twice/,
  });
  first.leader.elect();
  await value.job();
  await first.app.close();
  app = 'second';
  const second = await boot({ providers }, { gate: 'all' });
  await value.job();
  assert.deepEqual(runs, { first: 1, second: 0 });
  second.leader.elect();
  await value.job();
  await second.app.close();
  assert.deepEqual(runs, { first: 1, second: 1 });
}

async function overlapsNowhere(gate: 'decorated' | 'all'): Promise<void> {
  const end = Promise.withResolvers<void>();
  let runs = 0;
  class Gated {
    @LeaderCron('0 0 1 1 *', { name: 'slow', waitForCompletion: true })
    async job(): Promise<void> {
      runs += 1;
      await end.promise;
    }
  }
  class Plain {
    @Cron('0 0 1 1 *', { name: 'slow', waitForCompletion: true })
    async job(): Promise<void> {
      runs += 1;
      await end.promise;
    }
  }
  const { app, leader } = await boot({ providers: [gate === 'all' ? Plain : Gated] }, { gate });
  leader.elect();
  const job = app.get(SchedulerRegistry).getCronJob('slow');
  const first = job.fireOnTick();
  await job.fireOnTick();
  await job.fireOnTick();
  assert.equal(runs, 1);
  end.resolve();
  await first;
  await job.fireOnTick();
  assert.equal(runs, 2);
  await app.close();
}

async function waitsForWhatRuns(): Promise<void> {
  const started = Promise.withResolvers<void>();
  const done: string[] = [];
  class Jobs {
    @LeaderInterval(MS)
    async job(): Promise<void> {
      const { signal } = currentTerm();
      started.resolve();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise((resolve) => setImmediate(resolve));
      done.push('handler');
    }
    onApplicationShutdown(): void {
      done.push('shutdown');
    }
  }
  const { app, leader } = await boot({ providers: [Jobs] });
  leader.elect();
  await started.promise;
  await app.close();
  const last = done.indexOf('shutdown');
  assert.ok(last > 0 && !done.includes('handler', last), done.join());
  assert.equal(leader.status().reason, 'closed');
}

/** Far longer than any of these apps takes to shut down, unless it waits for what it has not told to end. */
const LONG_MS = 60_000;

async function endsTheWorkOfListeners(): Promise<void> {
  const done: string[] = [];
  class Watcher {
    @OnElected()
    async up({ term }: LeadershipEvents['elected']): Promise<void> {
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve));
      done.push('listener');
    }
    onApplicationShutdown(): void {
      done.push('shutdown');
    }
  }
  const { app, leader } = await boot({ providers: [Watcher] }, { shutdownTimeoutMs: LONG_MS });
  leader.elect();
  await app.close();
  assert.deepEqual(done, ['listener', 'shutdown']);
}

async function endsDynamicJobs(): Promise<void> {
  const started = Promise.withResolvers<void>();
  const done: string[] = [];
  const { app, leader } = await boot({}, { gate: 'all', shutdownTimeoutMs: LONG_MS });
  const job = CronJob.from({
    cronTime: '0 0 1 1 *',
    waitForCompletion: true,
    async onTick() {
      const { signal } = currentTerm();
      started.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      done.push('job');
    },
  });
  app.get(SchedulerRegistry).addCronJob('dynamic', job);
  leader.elect();
  leader.on('demoted', () => done.push('demoted'));
  void job.fireOnTick();
  await started.promise;
  await app.close();
  assert.deepEqual(done, ['job', 'demoted']);
}

async function closesAsOften(): Promise<void> {
  const { app, leader } = await boot({});
  await Promise.all([app.close(), app.close()]);
  await app.close();
  assert.equal(leader.status().reason, 'closed');
}

async function closesBeforeInit(): Promise<void> {
  const module = Test.createTestingModule({ imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot()] });
  const app = await module.compile();
  await app.close();
  assert.equal(app.get(ClusterLeaderService).status().reason, 'closed');
}

async function waitsNoLongerThanAllowed(): Promise<void> {
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  class Jobs {
    @LeaderInterval(MS)
    async job(): Promise<void> {
      started.resolve();
      await end.promise;
    }
  }
  const log: string[] = [];
  await quietly(async () => {
    const { app, leader } = await boot({ providers: [Jobs] }, { shutdownTimeoutMs: 20 });
    app.useLogger(collect(log));
    leader.elect();
    await started.promise;
    await app.close();
  });
  end.resolve();
  assert.equal(log.length, 1, log.join('\n'));
  assert.match(log[0] ?? '', /still running after 20 ms: Jobs\.job\./);
}

async function goesOnAfterErrors(): Promise<void> {
  let runs = 0;
  const third = Promise.withResolvers<void>();
  class Jobs {
    @LeaderInterval(MS)
    job(): void {
      runs += 1;
      if (runs === 3) third.resolve();
      throw new Error(`run ${runs} has failed`);
    }
  }
  const log: string[] = [];
  await quietly(async () => {
    const { app, leader } = await boot({ providers: [Jobs] });
    app.useLogger(collect(log));
    leader.elect();
    await third.promise;
    await app.close();
  });
  assert.ok(log.includes('run 1 has failed'));
}

/** Ends as most cancellable work does: by an error that only wraps the reason of the signal. */
async function resolvesOnLoss(): Promise<void> {
  const ended: string[] = [];
  class Jobs {
    @LeaderOnly({ onSkip: () => 'skipped' })
    async job(): Promise<void> {
      await once(new EventTarget(), 'never', { signal: currentTerm().signal });
    }
  }
  const { app, leader } = await boot({ providers: [Jobs] });
  leader.on('interrupted', ({ name }) => ended.push(String(name)));
  leader.elect();
  const atDemotion = app.get(Jobs).job();
  await leader.shouldRun(); // by then the job has begun
  leader.demote();
  assert.equal(await atDemotion, undefined);
  leader.elect();
  const atShutdown = app.get(Jobs).job();
  await leader.shouldRun();
  await app.close();
  assert.equal(await atShutdown, undefined);
  assert.deepEqual(ended, ['Jobs.job', 'Jobs.job']);
}

async function rejectsOtherwise(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    async job(): Promise<void> {
      throw new Error('on purpose');
    }
  }
  const { app, leader } = await boot({ providers: [Jobs] });
  leader.elect();
  await assert.rejects(app.get(Jobs).job(), /on purpose/);
  await app.close();
}

async function logsElections(): Promise<void> {
  for (const logger of [undefined, new Logger('election')]) {
    const log: string[] = [];
    const root = { module: Feature, imports: [ClusterLeaderModule.forRoot({ mode: 'always', logger })] };
    const app = await NestFactory.createApplicationContext(root, {
      logger: { log: (message: string) => void log.push(message), warn() {}, error() {} },
    });
    await app.close();
    assert.ok(log.includes('This pod was elected: term 1 begins.'), log.join('\n'));
  }
  Logger.overrideLogger(['error', 'warn']);
}

/** As the decorators do that put a function of their own in the method's place and copy nothing to it. */
function wrapped(_target: object, _key: string | symbol, descriptor: PropertyDescriptor): void {
  const method: (...args: unknown[]) => unknown = descriptor.value;
  descriptor.value = function wrapper(this: unknown, ...args: unknown[]): unknown {
    return method.apply(this, args);
  };
}

async function tellsOfElections(): Promise<void> {
  const told: string[] = [];
  class Watcher {
    @wrapped
    @OnElected()
    up({ term }: LeadershipEvents['elected']): void {
      told.push(`elected ${term.number}`);
    }
    @OnDemoted()
    async down({ term, reason }: LeadershipEvents['demoted']): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      told.push(`demoted ${term.number}: ${reason}`);
    }
  }
  const early = fakeLeader();
  early.elect(); // before the app exists
  const { app, leader } = await boot({ providers: [Watcher] }, {}, early);
  await new Promise((resolve) => setImmediate(resolve));
  leader.demote();
  leader.elect();
  await app.close();
  assert.deepEqual(told.toSorted(), ['demoted 1: follower', 'demoted 2: closed', 'elected 1', 'elected 2']);
}

async function bridgesEvents(order: 'before' | 'after'): Promise<void> {
  const told: string[] = [];
  const subscribe = {
    provide: 'subscriber',
    useFactory: (emitter: EventEmitter2) => emitter.onAny((name: string | string[]) => void told.push(String(name))),
    inject: [EventEmitter2],
  };
  const early = fakeLeader();
  early.elect();
  const emitter = EventEmitterModule.forRoot({ wildcard: true });
  const ours = ClusterLeaderModule.forRoot({ eventEmitter: true });
  const imports = order === 'before' ? [ours, emitter] : [emitter, ours];
  const module = await Test.createTestingModule({ imports, providers: [subscribe] })
    .overrideProvider(ClusterLeaderService)
    .useValue(early)
    .compile();
  const app = await module.init();
  await early.shouldRun();
  early.demote();
  await early.shouldRun({ name: 'job' });
  early.elect();
  await app.close();
  assert.deepEqual(told, [
    'cluster-leader.elected',
    'cluster-leader.demoted',
    'cluster-leader.standing',
    'cluster-leader.skipped',
    'cluster-leader.elected',
    'cluster-leader.standing',
    'cluster-leader.demoted',
    'cluster-leader.standing',
  ]);
}

async function showsHealth(): Promise<void> {
  const { app, leader } = await boot({});
  const health = app.get(ClusterLeaderHealthIndicator);
  const required = { requireKnown: true };
  assert.deepEqual(health.check(), { clusterLeader: { status: 'up', standing: 'follower' } });
  assert.equal(health.check('leader', required)['leader']?.status, 'up');
  leader.unknown('unreachable');
  assert.deepEqual(health.check(), { clusterLeader: { status: 'up', standing: 'unknown', reason: 'unreachable' } });
  assert.equal(health.check('leader', required)['leader']?.status, 'down');
  await app.close();
}

export const life: readonly Case[] = [
  { title: 'gates a given value anew in the next app, and refuses it in two at once (all)', run: hasASecondLife },
  { title: 'keeps waitForCompletion: no run overlaps another (decorated)', run: () => overlapsNowhere('decorated') },
  { title: 'keeps waitForCompletion: no run overlaps another (all)', run: () => overlapsNowhere('all') },
  { title: 'aborts the signal of a running handler when leadership is lost', run: abortsOnLoss },
  { title: 'calls onSkip in place of a skipped method, whoever calls it', run: skipsInItsStead },
  { title: 'gates the overridden method that an override calls', run: callsTheOverridden },
  { title: 'keeps two apps of one process apart, also where they share a class', run: twoApps },
  { title: 'waits at shutdown for a handler that runs, after aborting its signal', run: waitsForWhatRuns },
  {
    title: 'waits at shutdown for shutdownTimeoutMs at most, and names what still runs',
    run: waitsNoLongerThanAllowed,
  },
  { title: 'waits at shutdown for a listener of elections, once its term has ended', run: endsTheWorkOfListeners },
  { title: 'aborts the signal of a dynamic cron job at shutdown, before the term ends (all)', run: endsDynamicJobs },
  { title: 'is closed as often as one likes, also at once', run: closesAsOften },
  { title: 'is closed before it is initialised', run: closesBeforeInit },
  { title: 'goes on after a handler that throws, whose error schedule logs', run: goesOnAfterErrors },
  { title: 'resolves a call whose method ends by the loss of its term, and emits interrupted', run: resolvesOnLoss },
  { title: 'rejects a call whose method fails by itself', run: rejectsOtherwise },
  { title: "logs an election in Nest's log, by default and by a Logger of Nest's", run: logsElections },
  {
    title: 'calls @OnElected below a wrapper and @OnDemoted for each term, even for one that began before',
    run: tellsOfElections,
  },
  { title: 'emits every event by the event emitter (imported before it)', run: () => bridgesEvents('before') },
  { title: 'emits every event by the event emitter (imported after it)', run: () => bridgesEvents('after') },
  { title: 'shows a follower as healthy, and an unknown standing as down only where asked to', run: showsHealth },
];
