import { ClusterLeaderService, type ClusterLeader } from '@cluster-leader/core';
import { adapterContract, type MountedAdapter } from '@cluster-leader/testing';
import { Module } from '@nestjs/common';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { describe, it } from 'vitest';
import { ClusterLeaderModule, LeaderOnly } from './index.ts';

const NEVER = '0 0 1 1 *';

describe.each(['decorated', 'all', 'dynamic'] as const)(
  'The gate for NestJS (%s) keeps the contract of adapters: it',
  (gate) => {
    const mount = (leader: ClusterLeader, work: () => unknown, jobs: number): Promise<MountedAdapter> =>
      mountIn(gate, leader, work, jobs);
    for (const { title, run } of adapterContract(mount)) it.concurrent(title, () => run());
  },
);

async function mountIn(
  kind: 'decorated' | 'all' | 'dynamic',
  leader: ClusterLeader,
  work: () => unknown,
  jobs: number,
): Promise<MountedAdapter> {
  class Plain {
    @Cron(NEVER, { waitForCompletion: true })
    async job(): Promise<void> {
      await work();
    }
  }
  class Gated {
    @LeaderOnly()
    @Cron(NEVER, { waitForCompletion: true })
    async job(): Promise<void> {
      await work();
    }
  }
  const Jobs = kind === 'all' ? Plain : Gated;
  const gate = kind === 'decorated' ? kind : 'all';
  const providers = Array.from({ length: jobs }, (_, index) => ({
    provide: `jobs ${index}`,
    useFactory: () => new Jobs(),
  }));
  @Module({
    imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot({ gate })],
    providers: kind === 'dynamic' ? [] : providers,
  })
  class Root {}
  const module = await Test.createTestingModule({ imports: [Root] })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  const app = await module.init();
  for (let index = 0; index < (kind === 'dynamic' ? jobs : 0); index += 1) {
    const onTick = async (): Promise<void> => void (await work());
    app
      .get(SchedulerRegistry)
      .addCronJob(`job ${index}`, CronJob.from({ cronTime: NEVER, onTick, waitForCompletion: true }));
  }
  const ticks = [...app.get(SchedulerRegistry).getCronJobs().values()];
  return {
    async tick() {
      await Promise.all(ticks.map((job) => job.fireOnTick()));
    },
    async close() {
      await app.close();
    },
  };
}
