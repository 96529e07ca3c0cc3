import assert from 'node:assert/strict';
import { ClusterLeaderService } from '@cluster-leader/core';
import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { fakeLeader } from '@cluster-leader/testing';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
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
  ]);
}

export const eventEmitter: readonly Case[] = [
  { title: 'emits every event via the event emitter (imported before it)', run: () => bridgesEvents('before') },
  { title: 'emits every event via the event emitter (imported after it)', run: () => bridgesEvents('after') },
];
