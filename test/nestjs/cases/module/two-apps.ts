import assert from 'node:assert/strict';
import type { LeadershipEvents } from '@cluster-leader/core';
import { LeaderOnly } from '@cluster-leader/nestjs';
import type { FakeLeader } from '@cluster-leader/testing';
import type { ModuleMetadata } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { bootWithFakeLeader } from '../support/boot-with-fake-leader.ts';
import type { Case } from '../support/case.ts';
import { MS } from '../support/times.ts';

async function eventOf<Name extends keyof LeadershipEvents>(
  leader: FakeLeader,
  name: Name,
): Promise<LeadershipEvents[Name]> {
  return new Promise((resolve) => {
    const end = leader.on(name, (event) => {
      end();
      resolve(event);
    });
  });
}

async function keepsApart(): Promise<void> {
  const ran: string[] = [];
  class Jobs {
    constructor(readonly app: string) {}
    @Interval(MS)
    @LeaderOnly()
    async job(): Promise<void> {
      ran.push(this.app);
    }
  }
  const jobsOf = (name: string): ModuleMetadata => ({ providers: [{ provide: 'jobs', useValue: new Jobs(name) }] });
  const one = await bootWithFakeLeader(jobsOf('one'), { gate: 'all' });
  const two = await bootWithFakeLeader(jobsOf('two'));
  two.leader.elect();
  await eventOf(one.leader, 'skipped');
  await eventOf(one.leader, 'skipped');
  await two.app.close();
  assert.deepEqual([...new Set(ran)], ['two']);
  one.leader.elect();
  const before = ran.length;
  await one.app.get<Jobs>('jobs').job();
  assert.ok(ran.slice(before).includes('one'));
  await one.app.close();
}

async function gatesOneAfterAnother(): Promise<void> {
  const runs = { first: 0, second: 0 };
  let app: keyof typeof runs = 'first';
  class Jobs {
    @Interval(100_000)
    async job(): Promise<void> {
      runs[app] += 1;
    }
  }
  const value = new Jobs();
  const providers = [{ provide: 'jobs', useValue: value }];
  const first = await bootWithFakeLeader({ providers }, { gate: 'all' });
  await assert.rejects(bootWithFakeLeader({ providers }, { gate: 'all' }), {
    code: 'ERR_MISWIRED',
    message: /Jobs\.job is gated twice/,
  });
  first.leader.elect();
  await value.job();
  await first.app.close();
  app = 'second';
  const second = await bootWithFakeLeader({ providers }, { gate: 'all' });
  await value.job();
  assert.deepEqual(runs, { first: 1, second: 0 });
  second.leader.elect();
  await value.job();
  await second.app.close();
  assert.deepEqual(runs, { first: 1, second: 1 });
}

export const twoApps: readonly Case[] = [
  { title: 'keeps two apps in one process apart, even if they share a class', run: keepsApart },
  {
    title: 'gates a shared instance in one app after another, and refuses to gate it in two at once (all)',
    run: gatesOneAfterAnother,
  },
];
