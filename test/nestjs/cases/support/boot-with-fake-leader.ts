import { ClusterLeaderService } from '@cluster-leader/core';
import { ClusterLeaderModule, type ClusterLeaderModuleOptions } from '@cluster-leader/nestjs';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';

/** Boots an app whose leader the test controls. */
export async function bootWithFakeLeader(
  wiring: ModuleMetadata,
  options: ClusterLeaderModuleOptions = {},
  leader: FakeLeader = fakeLeader(),
): Promise<{ readonly app: INestApplicationContext; readonly leader: FakeLeader }> {
  const imports = [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot(options), ...(wiring.imports ?? [])];
  const module = await Test.createTestingModule({ ...wiring, imports })
    .overrideProvider(ClusterLeaderService)
    .useValue(leader)
    .compile();
  return { app: await module.init(), leader };
}
