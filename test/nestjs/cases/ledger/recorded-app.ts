import { memoryStore, RunLedger, type RunStore } from '@cluster-leader/ledger';
import type { ClusterLeaderModuleOptions } from '@cluster-leader/nestjs';
import type { FakeLeader } from '@cluster-leader/testing';
import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { bootWithFakeLeader } from '../support/boot-with-fake-leader.ts';

/** An app whose leader the test controls, and whose cron jobs are recorded. */
export interface RecordedApp {
  readonly app: INestApplicationContext;
  readonly leader: FakeLeader;
  readonly ledger: RunLedger;
}

/** Boots such an app. All apps over one store are replicas of each other. */
export async function bootRecorded(
  wiring: ModuleMetadata,
  options: ClusterLeaderModuleOptions = {},
  store: RunStore = memoryStore(),
): Promise<RecordedApp> {
  const ledger = new RunLedger({ namespace: 'test', store });
  return { ...(await bootWithFakeLeader(wiring, { ...options, ledger })), ledger };
}

/** Does what the timer of a started cron job does when it fires at `firedAt`. With `waitForCompletion` it awaits the run. */
export async function tick(
  job: ReturnType<SchedulerRegistry['getCronJob']>,
  firedAt: Date = new Date(),
): Promise<void> {
  job.lastExecution = firedAt;
  await job.fireOnTick();
}
