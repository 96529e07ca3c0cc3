import assert from 'node:assert/strict';
import { ClusterLeaderService } from '@cluster-leader/core';
import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { quietly } from '../support/app-log.ts';
import { boot, Feature } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';

async function injectsByClass(): Promise<void> {
  @Injectable()
  class Reader {
    constructor(@Inject(ClusterLeaderService) readonly leader: ClusterLeaderService) {}
  }
  const app = await boot(new Recorder(), 'always', { providers: [Reader] });
  assert.equal(app.get(Reader).leader, app.get(ClusterLeaderService));
  assert.equal(app.get(Reader).leader.isLeaderNow(), true);
  await app.close();
}

async function refusesAnIncompleteMock(): Promise<void> {
  await quietly(async () => {
    for (const mock of [{ isLeader: async () => true }, {}, null]) {
      const compiled = Test.createTestingModule({ imports: [ClusterLeaderModule.forRoot()] })
        .overrideProvider(ClusterLeaderService)
        .useValue(mock)
        .compile();
      await assert.rejects(compiled, { code: 'ERR_MISWIRED', message: /it lacks on, gate, .*fakeLeader\(\)/ });
    }
  });
}

async function logsElections(): Promise<void> {
  for (const logger of [undefined, new Logger('election')]) {
    const log: string[] = [];
    const root = { module: Feature, imports: [ClusterLeaderModule.forRoot({ mode: 'always', logger })] };
    const app = await NestFactory.createApplicationContext(root, {
      logger: { log: (message: string) => void log.push(message), warn() {}, error() {} },
    });
    await app.close();
    assert.ok(log.includes('This pod was elected: term 1 begins.'), log.join('\n'));
  }
  Logger.overrideLogger(['error', 'warn']);
}

export const service: readonly Case[] = [
  { title: 'makes the service injectable by its class', run: injectsByClass },
  {
    title: 'refuses a service that is overridden with a value that is not a leader, and names fakeLeader()',
    run: refusesAnIncompleteMock,
  },
  { title: "logs elections to Nest's log, by default and with an instance of Nest's Logger", run: logsElections },
];
