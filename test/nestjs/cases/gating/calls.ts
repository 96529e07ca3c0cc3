import assert from 'node:assert/strict';
import { once } from 'node:events';
import { currentTerm } from '@cluster-leader/core';
import { LeaderCron, LeaderInterval, LeaderOnly, type Skip } from '@cluster-leader/nestjs';
import { Cron, SchedulerRegistry } from '@nestjs/schedule';
import { collect, quietly } from '../support/app-log.ts';
import { bootWithFakeLeader } from '../support/boot-with-fake-leader.ts';
import type { Case } from '../support/case.ts';
import { MS, NEVER } from '../support/times.ts';

async function callsOnSkip(): Promise<void> {
  class Jobs {
    @LeaderOnly({ onSkip: ({ name, reason }: Skip) => `${name} skipped: ${reason}` })
    async job(what: string): Promise<string> {
      return `did ${what}`;
    }
  }
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  const jobs = app.get(Jobs);
  assert.equal(await jobs.job('this'), 'Jobs.job skipped: follower');
  leader.elect();
  assert.equal(await jobs.job('that'), 'did that');
  await app.close();
  assert.equal(await jobs.job('more'), 'Jobs.job skipped: closed');
}

async function gatesSuperCalls(): Promise<void> {
  const called: string[] = [];
  class Base {
    @LeaderOnly()
    async job(): Promise<void> {
      called.push('base');
    }
  }
  class Jobs extends Base {
    override async job(): Promise<void> {
      called.push('derived');
      await super.job();
    }
  }
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  await app.get(Jobs).job();
  leader.elect();
  await app.get(Jobs).job();
  assert.deepEqual(called, ['derived', 'derived', 'base']);
  await app.close();
}

/** The job ends like most cancellable work: with an error whose cause is the reason of the signal. */
async function resolvesInterrupted(): Promise<void> {
  const ended: string[] = [];
  class Jobs {
    @LeaderOnly({ onSkip: () => 'skipped' })
    async job(): Promise<void> {
      await once(new EventTarget(), 'never', { signal: currentTerm().signal });
    }
  }
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  leader.on('interrupted', ({ name }) => ended.push(String(name)));
  leader.elect();
  const atDemotion = app.get(Jobs).job();
  await leader.shouldRun(); // the job has started by then
  leader.demote();
  assert.equal(await atDemotion, undefined);
  leader.elect();
  const atShutdown = app.get(Jobs).job();
  await leader.shouldRun();
  await app.close();
  assert.equal(await atShutdown, undefined);
  assert.deepEqual(ended, ['Jobs.job', 'Jobs.job']);
}

async function rejectsFailed(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    async job(): Promise<void> {
      throw new Error('on purpose');
    }
  }
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  leader.elect();
  await assert.rejects(app.get(Jobs).job(), /on purpose/);
  await app.close();
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
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  leader.elect();
  const signal = await started.promise;
  leader.demote();
  assert.equal(signal.aborted, true);
  await app.close();
}

async function neverOverlaps(gate: 'decorated' | 'all'): Promise<void> {
  const end = Promise.withResolvers<void>();
  let runs = 0;
  class Gated {
    @LeaderCron(NEVER, { name: 'slow', waitForCompletion: true })
    async job(): Promise<void> {
      runs += 1;
      await end.promise;
    }
  }
  class Plain {
    @Cron(NEVER, { name: 'slow', waitForCompletion: true })
    async job(): Promise<void> {
      runs += 1;
      await end.promise;
    }
  }
  const { app, leader } = await bootWithFakeLeader({ providers: [gate === 'all' ? Plain : Gated] }, { gate });
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

async function runsAgainAfterErrors(): Promise<void> {
  let runs = 0;
  const third = Promise.withResolvers<void>();
  class Jobs {
    @LeaderInterval(MS)
    job(): void {
      runs += 1;
      if (runs === 3) third.resolve();
      throw new Error(`run ${runs} failed`);
    }
  }
  const log: string[] = [];
  await quietly(async () => {
    const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
    app.useLogger(collect(log));
    leader.elect();
    await third.promise;
    await app.close();
  });
  assert.ok(log.includes('run 1 failed'));
}

/** Calls and runs of gated methods. */
export const calls: readonly Case[] = [
  { title: 'calls onSkip instead of a skipped method, for a direct call too', run: callsOnSkip },
  { title: 'gates an overridden method that an ungated override calls', run: gatesSuperCalls },
  {
    title: 'resolves a call that was interrupted by the end of its term, and emits interrupted',
    run: resolvesInterrupted,
  },
  { title: 'rejects a call whose method fails for another reason', run: rejectsFailed },
  { title: 'aborts the signal of a running handler when leadership is lost', run: abortsOnLoss },
  { title: 'keeps waitForCompletion: no run overlaps another (decorated)', run: () => neverOverlaps('decorated') },
  { title: 'keeps waitForCompletion: no run overlaps another (all)', run: () => neverOverlaps('all') },
  {
    title: 'runs a handler again after it has thrown, and leaves it to schedule to log the error',
    run: runsAgainAfterErrors,
  },
];
