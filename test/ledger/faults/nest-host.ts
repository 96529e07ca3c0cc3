import { ClusterLeaderService } from '@cluster-leader/core';
import { currentRun } from '@cluster-leader/ledger';
import { ClusterLeaderModule, LeaderCron } from '@cluster-leader/nestjs';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { EVERY_SECOND } from './every-second.ts';
import type { HostParts, RunningHost } from './hosts.ts';

/** Boots a Nest app with the job as a handler. */
export async function startNest({ leader, ledger, interrupted, work }: HostParts): Promise<RunningHost> {
  class Jobs {
    @LeaderCron(EVERY_SECOND, { name: 'job', catchUp: 'all', interrupted })
    async job(): Promise<void> {
      const run = currentRun();
      await work(run, run.signal);
    }
  }
  const module = await Test.createTestingModule({
    imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot({ ledger })],
    providers: [Jobs],
  })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  const app = await module.init();
  return { stop: () => app.close() };
}
