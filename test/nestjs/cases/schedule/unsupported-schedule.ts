import assert from 'node:assert/strict';
import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { quietly } from '../support/app-log.ts';
import { boot, Feature, type Wiring } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { refusesToBoot } from '../support/refuses-to-boot.ts';
import { MS } from '../support/times.ts';

/** Imitates another copy of schedule, of any version and minified: only the methods are the same. */
function secondCopy(): Wiring {
  class E {
    readonly cronJobs = new Map<string, unknown>();
  }
  Object.defineProperties(E.prototype, Object.getOwnPropertyDescriptors(SchedulerRegistry.prototype));
  return { providers: [E], options: { gate: 'all' } };
}

/** A minifier may give a class of the app the name of the registry. */
async function ignoresTheName(): Promise<void> {
  const recorder = new Recorder();
  const named = {
    SchedulerRegistry: class {
      readonly jobs = [];
    },
  };
  class Jobs {
    @Interval(MS)
    job(): void {
      recorder.ungatedWork();
    }
  }
  const app = await boot(recorder, 'never', { providers: [named.SchedulerRegistry, Jobs], options: { gate: 'all' } });
  await recorder.until(({ skips }) => skips.length > 1);
  await app.close();
  assert.deepEqual(recorder.runs, []);
}

function extendedRegistry(): Wiring {
  class Ours extends SchedulerRegistry {}
  return { providers: [Ours], options: { gate: 'all' } };
}

function secondRegistry(): Wiring {
  return { imports: [ScheduleModule.forRoot({ timeouts: false })], options: { gate: 'all' } };
}

function providedRegistry(): Wiring {
  return { imports: [{ module: Feature, providers: [SchedulerRegistry] }], options: { gate: 'all' } };
}

/** Cron jobs may be added to it before any module is initialised, when ClusterLeaderModule cannot find it yet. */
async function refusesALocalRegistry(): Promise<void> {
  await quietly(async () => {
    const leader = ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' });
    const root = { module: Feature, imports: [{ ...ScheduleModule.forRoot(), global: false }, leader] };
    await assert.rejects(NestFactory.createApplicationContext(root, { logger: false, abortOnError: false }), {
      code: 'ERR_MISWIRED',
      message: /or one that is not global\. Import ScheduleModule\.forRoot\(\) once/,
    });
  });
}

/** Explorers of imagined future versions. */
const CHANGED: Readonly<Record<string, object>> = {
  'cannot explore on demand': { schedulerOrchestrator: { cronJobs: {}, timeouts: {}, intervals: {} } },
  'has no orchestrator': { explore(): void {} },
  'renames its job lists': { explore(): void {}, schedulerOrchestrator: { cronJobs: {}, timers: {} } },
  'keeps its jobs in Maps': {
    explore(): void {},
    schedulerOrchestrator: { cronJobs: new Map(), timeouts: new Map(), intervals: new Map() },
  },
};

async function refusesAnUnknownSchedule(changed: object): Promise<void> {
  const known = ScheduleModule.forRoot();
  const providers = known.providers?.map((provider) =>
    typeof provider === 'function' && provider.name === 'ScheduleExplorer'
      ? { provide: provider, useValue: changed }
      : provider,
  );
  assert.notDeepEqual(providers, known.providers);
  await quietly(async () => {
    const leader = ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' });
    const root = { module: Feature, imports: [leader, { ...known, providers: providers ?? [] }] };
    await assert.rejects(NestFactory.createApplicationContext(root, { logger: false, abortOnError: false }), {
      code: 'ERR_MISWIRED',
      message: /this version of @nestjs\/schedule is not supported\. Install version 6 or 12, or/,
    });
  });
}

async function bootsWithoutSchedule(): Promise<void> {
  class Jobs {
    @Interval(MS)
    job(): void {}
  }
  @Module({ imports: [ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' })], providers: [Jobs] })
  class Root {}
  const app = await NestFactory.createApplicationContext(Root, { logger: false });
  await app.close();
}

/** With `gate: 'all'`, an app whose schedule might run ungated jobs does not boot. */
export const unsupportedSchedule: readonly Case[] = [
  {
    title: 'refuses to boot with two copies of schedule (gate all)',
    run: () => refusesToBoot(secondCopy(), /there are two copies of @nestjs\/schedule\. Let npm deduplicate/),
  },
  ...[secondRegistry, providedRegistry, extendedRegistry].map((make) => ({
    title: `refuses to boot with two registries, of which only one would be gated (gate all, ${make.name})`,
    run: () =>
      refusesToBoot(make(), /there is more than one SchedulerRegistry.*\. Import ScheduleModule\.forRoot\(\) once/),
  })),
  { title: 'gates all in an app with another class named SchedulerRegistry', run: ignoresTheName },
  { title: 'refuses to boot with a registry that is not global (gate all)', run: refusesALocalRegistry },
  ...Object.entries(CHANGED).map(([change, explorer]) => ({
    title: `refuses to boot with a schedule that ${change} (gate all)`,
    run: () => refusesAnUnknownSchedule(explorer),
  })),
  { title: 'boots in an app that schedules nothing (gate all)', run: bootsWithoutSchedule },
];
