import assert from 'node:assert/strict';
import { currentTerm } from '@cluster-leader/core';
import { currentRun, memoryStore, RunLedger } from '@cluster-leader/ledger';
import { EveryReplica, LeaderCron, LeaderInterval, LeaderOnly, type Skip } from '@cluster-leader/nestjs';
import { Cron, SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { later } from '../schedule/late-options.ts';
import { boot } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { EVERY_SECOND, MS } from '../support/times.ts';
import { bootRecorded, tick } from './recorded-app.ts';

const EVERY_MINUTE = '* * * * *';

/** The slot of a job that runs every minute. */
function minute(of: Date): number {
  return Math.floor(of.getTime() / 60_000) * 60_000;
}

async function runsASlotOnce(kind: 'decorated' | 'all' | 'dynamic'): Promise<void> {
  const store = memoryStore();
  const runs: string[] = [];
  const work = (): void => void runs.push(currentRun().key);
  class Decorated {
    @LeaderOnly({ catchUp: 'none' })
    @Cron(EVERY_MINUTE, { name: 'job', waitForCompletion: true })
    job(): void {
      work();
    }
  }
  class Plain {
    @Cron(EVERY_MINUTE, { name: 'job', waitForCompletion: true })
    job(): void {
      work();
    }
  }
  const providers = { decorated: [Decorated], all: [Plain], dynamic: [] }[kind];
  const gate = kind === 'decorated' ? 'decorated' : 'all';
  const pods = await Promise.all([1, 2].map(() => bootRecorded({ providers }, { gate }, store)));
  const firedAt = new Date();
  const ticks = pods.map(async ({ app, leader }) => {
    leader.elect();
    const registry = app.get(SchedulerRegistry);
    if (kind === 'dynamic')
      registry.addCronJob('job', CronJob.from({ cronTime: EVERY_MINUTE, onTick: work, start: true }));
    await tick(registry.getCronJob('job'), firedAt);
  });
  await Promise.all(ticks);
  assert.equal(runs.length, 1);
  const recorded = await pods[0]?.ledger.runs();
  assert.deepEqual(
    recorded?.map(({ job, slot }) => [job, slot.getTime()]),
    [['job', minute(firedAt)]],
  );
  for (const { app } of pods) await app.close();
}

async function runsByTheTimer(): Promise<void> {
  const store = memoryStore();
  const slots: number[] = [];
  const enough = Promise.withResolvers<void>();
  class Jobs {
    @LeaderCron(EVERY_SECOND, { name: 'job' })
    async job(): Promise<void> {
      assert.equal(currentRun().signal, currentTerm().signal);
      slots.push(currentRun().slot.getTime());
      if (slots.length === 3) enough.resolve();
    }
  }
  const pods = await Promise.all([1, 2].map(() => bootRecorded({ providers: [Jobs] }, {}, store)));
  for (const { leader } of pods) leader.elect();
  await enough.promise;
  for (const { app } of pods) await app.close();
  const [first = 0] = slots;
  assert.equal(first % 1_000, 0);
  assert.deepEqual(
    slots,
    slots.map((_, index) => first + index * 1_000),
  );
}

async function claimsNothingByHand(): Promise<void> {
  const ran: string[] = [];
  const work = (name: string): void => {
    assert.throws(() => currentRun(), { code: 'ERR_NO_TERM' });
    ran.push(name);
  };
  class Jobs {
    @LeaderCron(EVERY_MINUTE, { name: 'handler', catchUp: 'all' })
    async job(): Promise<void> {
      work('handler');
    }
  }
  const { app, leader, ledger } = await bootRecorded({ providers: [Jobs] }, { gate: 'all' });
  leader.elect();
  const registry = app.get(SchedulerRegistry);
  const dynamic = CronJob.from({ cronTime: EVERY_MINUTE, onTick: () => work('dynamic'), start: true });
  registry.addCronJob('dynamic', dynamic);
  await app.get(Jobs).job();
  await registry.getCronJob('handler').fireOnTick();
  await dynamic.fireOnTick();
  assert.deepEqual(ran, ['handler', 'handler', 'dynamic']);
  assert.deepEqual(await ledger.runs(), []);
  await app.close();
}

async function claimsNothingForRunOnInit(): Promise<void> {
  let runs = 0;
  const { app, leader, ledger } = await bootRecorded({}, { gate: 'all' });
  leader.elect();
  const job = CronJob.from({ cronTime: EVERY_MINUTE, onTick: () => void (runs += 1), start: true, runOnInit: true });
  app.get(SchedulerRegistry).addCronJob('job', job);
  await job.fireOnTick();
  assert.equal(runs, 2);
  assert.deepEqual(await ledger.runs(), []);
  await app.close();
}

async function leavesIntervalsAlone(): Promise<void> {
  const ran = Promise.withResolvers<void>();
  class Jobs {
    @LeaderInterval('interval', MS)
    job(): void {
      ran.resolve();
    }
    @EveryReplica()
    @Cron(EVERY_MINUTE)
    everywhere(): void {}
  }
  const { app, leader, ledger } = await bootRecorded({ providers: [Jobs] }, { gate: 'all' });
  leader.elect();
  await ran.promise;
  assert.deepEqual([await ledger.runs(), await ledger.jobs()], [[], []]);
  await app.close();
}

async function runsOnTheLeader(): Promise<void> {
  const skips: Skip[] = [];
  const firedAt = new Date();
  class Jobs {
    @LeaderCron(EVERY_MINUTE, { name: 'job', waitForCompletion: true, onSkip: (skip) => skips.push(skip) })
    async job(): Promise<void> {}
  }
  const { app, leader, ledger } = await bootRecorded({ providers: [Jobs] });
  const job = app.get(SchedulerRegistry).getCronJob('job');
  await tick(job, firedAt);
  assert.deepEqual(await ledger.runs(), []);
  leader.elect();
  await tick(job, firedAt);
  await tick(job, firedAt);
  assert.deepEqual(skips, [
    { name: 'job', reason: 'follower' },
    { name: 'job', reason: 'claimed' },
  ]);
  assert.equal((await ledger.runs()).length, 1);
  await app.close();
}

async function claimsOnceForNestedCalls(): Promise<void> {
  const runs: string[] = [];
  class Jobs {
    @LeaderCron(EVERY_MINUTE, { name: 'outer', waitForCompletion: true })
    async outer(): Promise<void> {
      await this.inner();
      runs.push(currentRun().job);
    }
    @LeaderCron('0 0 1 1 *', { name: 'inner' })
    async inner(): Promise<void> {
      runs.push(`inner in ${currentRun().job}`);
    }
  }
  const { app, leader, ledger } = await bootRecorded({ providers: [Jobs] });
  leader.elect();
  await tick(app.get(SchedulerRegistry).getCronJob('outer'));
  assert.deepEqual(runs, ['inner in outer', 'outer']);
  assert.deepEqual(
    (await ledger.runs()).map(({ job }) => job),
    ['outer'],
  );
  await app.close();
}

async function stopsAtShutdown(kind: 'handler' | 'dynamic'): Promise<void> {
  const started = Promise.withResolvers<void>();
  const store = memoryStore();
  async function work(): Promise<void> {
    const { signal } = currentRun();
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    signal.throwIfAborted();
  }
  class Jobs {
    @LeaderCron(EVERY_MINUTE, { name: 'job', waitForCompletion: true })
    job(): Promise<void> {
      return work();
    }
  }
  const { app, leader } = await bootRecorded({ providers: kind === 'handler' ? [Jobs] : [] }, { gate: 'all' }, store);
  const registry = app.get(SchedulerRegistry);
  if (kind === 'dynamic')
    registry.addCronJob('job', CronJob.from({ cronTime: EVERY_MINUTE, onTick: work, start: true }));
  leader.elect();
  const job = registry.getCronJob('job');
  const ran = tick(job);
  await started.promise;
  await app.close();
  await ran;
  const { value } = Object.getOwnPropertyDescriptor(job, 'lastExecution') ?? {};
  assert.ok(value instanceof Date, 'the property of the job is as cron made it');
  const after = new RunLedger({ namespace: 'test', store });
  assert.deepEqual(
    (await after.runs()).map(({ state }) => state),
    ['interrupted'],
  );
  await after.close();
}

async function recordsWithLateOptions(): Promise<void> {
  const ledger = new RunLedger({ namespace: 'test', store: memoryStore() });
  class Jobs {
    @LeaderCron(EVERY_MINUTE, { name: 'job', waitForCompletion: true })
    async job(): Promise<void> {}
  }
  const app = await boot(new Recorder(), 'always', {
    providers: [Jobs],
    options: { ledger },
    leaderModule: (options) => later(options),
  });
  await tick(app.get(SchedulerRegistry).getCronJob('job'));
  assert.equal((await ledger.runs()).length, 1);
  await app.close();
}

async function leavesUngatedJobsAlone(): Promise<void> {
  const { app, leader, ledger } = await bootRecorded({});
  leader.elect();
  const job = CronJob.from({ cronTime: EVERY_MINUTE, onTick: () => {}, start: true });
  const before = Object.getOwnPropertyDescriptor(job, 'lastExecution');
  app.get(SchedulerRegistry).addCronJob('job', job);
  assert.deepEqual(Object.getOwnPropertyDescriptor(job, 'lastExecution'), before);
  await tick(job);
  assert.deepEqual(await ledger.runs(), []);
  await app.close();
}

/** Runs of cron jobs that a ledger records. */
export const ledgerRuns: readonly Case[] = [
  ...(['decorated', 'all', 'dynamic'] as const).map((kind) => ({
    title: `runs a slot once, although two apps lead at once (${kind})`,
    run: () => runsASlotOnce(kind),
  })),
  { title: "runs the slots of cron's own timer once each, although two apps lead at once", run: runsByTheTimer },
  { title: 'claims nothing for calls by hand, of the method and of fireOnTick', run: claimsNothingByHand },
  { title: 'claims nothing for runOnInit', run: claimsNothingForRunOnInit },
  { title: 'records neither intervals nor what runs on every replica', run: leavesIntervalsAlone },
  { title: 'claims nothing on a follower, and calls onSkip for a claimed slot', run: runsOnTheLeader },
  { title: 'claims once for a tick whose method calls another gated method', run: claimsOnceForNestedCalls },
  ...(['handler', 'dynamic'] as const).map((kind) => ({
    title: `aborts a recorded run at shutdown, records it as interrupted, and restores the cron job (${kind})`,
    run: () => stopsAtShutdown(kind),
  })),
  { title: 'takes the ledger from forRootAsync', run: recordsWithLateOptions },
  { title: "does not record a dynamic cron job unless gate is 'all'", run: leavesUngatedJobsAlone },
];
