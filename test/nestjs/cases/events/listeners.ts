import assert from 'node:assert/strict';
import type { LeadershipEvents } from '@cluster-leader/core';
import { OnDemoted, OnElected } from '@cluster-leader/nestjs';
import { fakeLeader } from '@cluster-leader/testing';
import { Injectable, Scope } from '@nestjs/common';
import { bootWithFakeLeader } from '../support/boot-with-fake-leader.ts';
import type { Wiring } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { refusesToBoot } from '../support/refuses-to-boot.ts';
import { wrapping } from '../support/wrapping.ts';

async function callsListeners(): Promise<void> {
  const called: string[] = [];
  class Watcher {
    @wrapping()
    @OnElected()
    up({ term }: LeadershipEvents['elected']): void {
      called.push(`elected ${term.number}`);
    }
    @OnDemoted()
    async down({ term, reason }: LeadershipEvents['demoted']): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      called.push(`demoted ${term.number}: ${reason}`);
    }
  }
  const early = fakeLeader();
  early.elect(); // The term begins before the app exists.
  const { app, leader } = await bootWithFakeLeader({ providers: [Watcher] }, {}, early);
  await new Promise((resolve) => setImmediate(resolve));
  leader.demote();
  leader.elect();
  await app.close();
  assert.deepEqual(called.toSorted(), ['demoted 1: follower', 'demoted 2: closed', 'elected 1', 'elected 2']);
}

function listeningPerRequest(): Wiring {
  @Injectable({ scope: Scope.REQUEST })
  class Listener {
    @OnElected()
    up(): void {}
  }
  return { providers: [Listener] };
}

export const listeners: readonly Case[] = [
  {
    title: 'calls @OnElected, below a wrapper, and @OnDemoted for each term, even one that began before bootstrap',
    run: callsListeners,
  },
  {
    title: 'refuses to boot if a listener is request-scoped',
    run: () => refusesToBoot(listeningPerRequest(), /^Listener\.up listens for elections, but is request-scoped\./),
  },
];
