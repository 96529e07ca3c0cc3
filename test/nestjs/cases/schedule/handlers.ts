import assert from 'node:assert/strict';
import { LeaderInterval, LeaderOnly, type ClusterLeaderModuleOptions } from '@cluster-leader/nestjs';
import { Injectable, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval } from '@nestjs/schedule';
import { collect } from '../support/app-log.ts';
import { PLACES, rootOf, type Wiring } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { refusesToBoot } from '../support/refuses-to-boot.ts';
import { MS } from '../support/times.ts';

function overriding(): Wiring {
  class Base {
    @Interval(MS)
    @LeaderOnly()
    job(): void {}
  }
  class Jobs extends Base {
    @Interval(MS)
    override job(): void {}
  }
  return { providers: [Jobs] };
}

function frozen(): Wiring {
  class Jobs {
    @Interval(MS)
    job(): void {}
  }
  return { providers: [{ provide: 'jobs', useValue: Object.freeze(new Jobs()) }], options: { gate: 'all' } };
}

async function leavesRequestScopeToSchedule(options: ClusterLeaderModuleOptions): Promise<void> {
  const recorder = new Recorder();
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @LeaderInterval(MS)
    job(): void {
      recorder.ungatedWork();
    }
  }
  class Other {
    @LeaderInterval(MS)
    job(): void {
      recorder.work();
    }
  }
  const log: string[] = [];
  const root = rootOf(recorder, 'always', { providers: [PerRequest, Other], options });
  const app = await NestFactory.createApplicationContext(root, { logger: collect(log) });
  await recorder.until(({ runs }) => runs.length > 3);
  await app.close();
  assert.ok(recorder.runs.every((term) => term === 1));
  assert.ok(
    log.some((line) => line.startsWith('Cannot register interval "PerRequest@job"')),
    log.join('\n'),
  );
}

export const handlers: readonly Case[] = [
  {
    title: 'refuses to boot if an override has lost its gate',
    run: () =>
      refusesToBoot(
        overriding(),
        /^Jobs\.job overrides a method that is @LeaderOnly, but is not @LeaderOnly itself\. Put/,
      ),
  },
  ...PLACES.map((place) => ({
    title: `refuses to boot if a handler cannot be gated (${place})`,
    run: () => refusesToBoot({ ...frozen(), place }, /Jobs\.job cannot be gated in its instance\. Do not freeze it/),
  })),
  ...(['decorated', 'all'] as const).map((gate) => ({
    title: `leaves it to schedule to refuse request-scoped providers (${gate})`,
    run: () => leavesRequestScopeToSchedule({ gate }),
  })),
];
