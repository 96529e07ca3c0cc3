import assert from 'node:assert/strict';
import { ClusterLeaderModule, LeaderOnly } from '@cluster-leader/nestjs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { collect, quietly } from '../support/app-log.ts';
import { Feature } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { MS } from '../support/times.ts';

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

async function logsTheFirstCall(): Promise<void> {
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

async function runsInAUnitTest(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    async job(): Promise<string> {
      return 'ran';
    }
  }
  await quietly(async () => assert.equal(await new Jobs().job(), undefined));
  const module = await Test.createTestingModule({
    imports: [ClusterLeaderModule.forRoot({ mode: 'always', logger: {} })],
    providers: [Jobs],
  }).compile();
  await module.init();
  assert.equal(await module.get(Jobs).job(), 'ran');
  await module.close();
}

export const withoutTheModule: readonly Case[] = [
  { title: 'never runs a decorated method in an app without the module', run: neverRunsWithoutTheModule },
  {
    title: 'logs an error at the first call of a decorated method in an app without the module',
    run: logsTheFirstCall,
  },
  {
    title: 'runs a gated method in a unit test only with the module, here with a leader that always leads',
    run: runsInAUnitTest,
  },
];
