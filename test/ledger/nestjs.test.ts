import { ClusterLeaderService } from '@cluster-leader/core';
import { currentRun, RunLedger } from '@cluster-leader/ledger';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { ClusterLeaderModule, LeaderCron } from '@cluster-leader/nestjs';
import { fakeLeader } from '@cluster-leader/testing';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { Pool } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { newSpace } from '../agenda/databases.ts';

const EVERY_SECOND = '* * * * * *';
/** How many slots of each job are awaited. */
const SLOTS = 5;

const url = inject('stores').find(({ kind }) => kind === 'Postgres')?.url;

/** Boots a replica that leads, with a pool of its own, whose two jobs call `onRun`. */
async function bootPod(namespace: string, pod: string, onRun: () => void): Promise<RunLedger> {
  const pool = new Pool({ connectionString: url });
  class Jobs {
    @LeaderCron(EVERY_SECOND, { name: 'handler' })
    async job(): Promise<void> {
      onRun();
    }
    async onModuleDestroy(): Promise<void> {
      await pool.end();
    }
  }
  const ledger = new RunLedger({ namespace, pod, store: postgresStore(pool) });
  const leader = fakeLeader();
  const module = await Test.createTestingModule({
    imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot({ ledger, gate: 'all' })],
    providers: [Jobs],
  })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  const app = await module.init();
  onTestFinished(() => app.close());
  leader.elect();
  const dynamic = CronJob.from({ cronTime: EVERY_SECOND, onTick: onRun, start: true });
  app.get(SchedulerRegistry).addCronJob('dynamic', dynamic);
  return ledger;
}

describe.skipIf(url === undefined)('NestJS with a ledger in Postgres', () => {
  it('runs each slot of a handler and of a dynamic cron job once, while two apps lead at once', async () => {
    const namespace = newSpace();
    const ran = new Map<string, number[]>([
      ['handler', []],
      ['dynamic', []],
    ]);
    const enough = Promise.withResolvers<void>();
    const onRun = (): void => {
      const { job, slot } = currentRun();
      ran.get(job)?.push(slot.getTime());
      if ([...ran.values()].every((slots) => slots.length >= SLOTS)) enough.resolve();
    };
    const [ledger] = await Promise.all(['pod-1', 'pod-2'].map((pod) => bootPod(namespace, pod, onRun)));
    await enough.promise;
    const recorded = (await ledger?.runs()) ?? [];
    for (const [job, slots] of ran) {
      const [first = 0] = slots;
      expect(slots).toEqual(slots.map((_, index) => first + index * 1_000));
      const claimed = recorded.filter((run) => run.job === job).map(({ slot }) => slot.getTime());
      expect(claimed).toEqual(expect.arrayContaining(slots));
    }
  });
});
