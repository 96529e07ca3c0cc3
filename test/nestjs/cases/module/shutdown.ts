import assert from 'node:assert/strict';
import { ClusterLeaderService, currentTerm, type LeadershipEvents } from '@cluster-leader/core';
import { ClusterLeaderModule, LeaderInterval, OnElected } from '@cluster-leader/nestjs';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { collect, quietly } from '../support/app-log.ts';
import { bootWithFakeLeader } from '../support/boot-with-fake-leader.ts';
import type { Case } from '../support/case.ts';
import { MS, NEVER } from '../support/times.ts';

async function waitsForHandlers(): Promise<void> {
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
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  leader.elect();
  await started.promise;
  await app.close();
  const last = done.indexOf('shutdown');
  assert.ok(last > 0 && !done.includes('handler', last), done.join());
  assert.equal(leader.status().reason, 'closed');
}

async function waitsForInjectedLeader(): Promise<void> {
  const started = Promise.withResolvers<void>();
  const handled = Promise.withResolvers<void>();
  const done: string[] = [];
  class Jobs {
    @LeaderInterval(MS)
    async job(): Promise<void> {
      const { signal } = currentTerm();
      handled.resolve();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await run;
      done.push('handler');
    }
    onModuleDestroy(): void {
      done.push('database closed');
    }
  }
  const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] });
  leader.elect();
  const run = leader.runIfLeader(async ({ signal }) => {
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    done.push('run');
  });
  await Promise.all([started.promise, handled.promise]);
  const closing = app.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await leader.runIfLeader(() => done.push('too late')), { ran: false, reason: 'closed' });
  await closing;
  assert.equal(done[0], 'run');
  assert.equal(done.at(-1), 'database closed');
  assert.ok(!done.includes('too late'), done.join());
}

async function stopsWaiting(): Promise<void> {
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
    const { app, leader } = await bootWithFakeLeader({ providers: [Jobs] }, { shutdownTimeoutMs: 20 });
    app.useLogger(collect(log));
    leader.elect();
    await started.promise;
    await app.close();
  });
  end.resolve();
  assert.equal(log.length, 1, log.join('\n'));
  assert.match(log[0] ?? '', /still running after 20 ms: Jobs\.job\./);
}

/** Longer than the timeout of a test: such an app shuts down in time only if it ends what it waits for. */
const LONG_MS = 60_000;

async function waitsForListeners(): Promise<void> {
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
  const { app, leader } = await bootWithFakeLeader({ providers: [Watcher] }, { shutdownTimeoutMs: LONG_MS });
  leader.elect();
  await app.close();
  assert.deepEqual(done, ['listener', 'shutdown']);
}

async function waitsForDynamicJobs(): Promise<void> {
  const started = Promise.withResolvers<void>();
  const done: string[] = [];
  const { app, leader } = await bootWithFakeLeader({}, { gate: 'all', shutdownTimeoutMs: LONG_MS });
  const job = CronJob.from({
    cronTime: NEVER,
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
  assert.deepEqual(done, ['demoted', 'job']);
}

async function closesRepeatedly(): Promise<void> {
  const { app, leader } = await bootWithFakeLeader({});
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

export const shutdown: readonly Case[] = [
  { title: 'aborts the signal of a running handler at shutdown, and waits for it', run: waitsForHandlers },
  {
    title: 'starts nothing by the injected leader at shutdown, and waits for what it runs before any database closes',
    run: waitsForInjectedLeader,
  },
  {
    title: 'waits at most shutdownTimeoutMs, then logs the names of the handlers that are still running',
    run: stopsWaiting,
  },
  { title: 'waits for the listeners of elections at shutdown, after the term has ended', run: waitsForListeners },
  {
    title: 'aborts the signal of a dynamic cron job at shutdown, and waits for it (all)',
    run: waitsForDynamicJobs,
  },
  { title: 'can be closed repeatedly and concurrently', run: closesRepeatedly },
  { title: 'can be closed before it is initialised', run: closesBeforeInit },
];
