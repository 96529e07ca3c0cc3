import assert from 'node:assert/strict';
import { ClusterLeaderService, currentTerm } from '@cluster-leader/core';
import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { fakeLeader } from '@cluster-leader/testing';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { collect, quietly } from '../support/app-log.ts';
import { Feature } from '../support/boot.ts';
import type { Case } from '../support/case.ts';

async function bridgesEvents(order: 'before' | 'after'): Promise<void> {
  const emitted: string[] = [];
  const subscribe = {
    provide: 'subscriber',
    useFactory: (emitter: EventEmitter2) => emitter.onAny((name: string | string[]) => void emitted.push(String(name))),
    inject: [EventEmitter2],
  };
  const early = fakeLeader();
  early.elect();
  const emitter = EventEmitterModule.forRoot({ wildcard: true });
  const leaderModule = ClusterLeaderModule.forRoot({ eventEmitter: true });
  const imports = order === 'before' ? [leaderModule, emitter] : [emitter, leaderModule];
  const module = await Test.createTestingModule({ imports, providers: [subscribe] })
    .overrideProvider(ClusterLeaderService)
    .useValue(early)
    .compile();
  const app = await module.init();
  await early.shouldRun();
  early.demote();
  await early.shouldRun({ name: 'job' });
  early.elect();
  await early.gate((): void => {
    early.demote();
    currentTerm().assertLeader();
  })();
  early.elect();
  await app.close();
  assert.deepEqual(emitted, [
    'cluster-leader.elected',
    'cluster-leader.demoted',
    'cluster-leader.standing',
    'cluster-leader.skipped',
    'cluster-leader.elected',
    'cluster-leader.standing',
    'cluster-leader.demoted',
    'cluster-leader.standing',
    'cluster-leader.interrupted',
    'cluster-leader.elected',
    'cluster-leader.standing',
    'cluster-leader.demoted',
    'cluster-leader.standing',
  ]);
}

/** EventEmitterModule catches the errors of `@OnEvent()` methods, but not of listeners that are added to the emitter. */
async function logsErrors(): Promise<void> {
  const log: string[] = [];
  const subscribe = {
    provide: 'subscriber',
    useFactory(emitter: EventEmitter2, leader: ClusterLeaderService): void {
      assert.equal(leader.isLeaderNow(), true); // The term begins before bootstrap.
      emitter.on('cluster-leader.elected', () => {
        throw new Error('on purpose');
      });
    },
    inject: [EventEmitter2, ClusterLeaderService],
  };
  const leaderModule = ClusterLeaderModule.forRoot({ mode: 'always', eventEmitter: true, logger: {} });
  const root = { module: Feature, imports: [leaderModule, EventEmitterModule.forRoot()], providers: [subscribe] };
  await quietly(async () => {
    const app = await NestFactory.createApplicationContext(root, { logger: collect(log) });
    await app.close();
  });
  assert.deepEqual(log, ['A listener of cluster-leader.elected failed: Error: on purpose']);
}

export const eventEmitter: readonly Case[] = [
  { title: 'emits every event via the event emitter (imported before it)', run: () => bridgesEvents('before') },
  { title: 'emits every event via the event emitter (imported after it)', run: () => bridgesEvents('after') },
  { title: 'logs the error of a listener of the event emitter, even for a term that began before', run: logsErrors },
];
