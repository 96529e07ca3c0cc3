import assert from 'node:assert/strict';
import { LeaderOnly, OnElected } from '@cluster-leader/nestjs';
import { Interval } from '@nestjs/schedule';
import { boot } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { MS } from '../support/times.ts';

async function addsNothingToAClass(): Promise<void> {
  class Jobs {
    @LeaderOnly()
    @OnElected()
    async job(): Promise<void> {}
  }
  assert.deepEqual(Object.getOwnPropertyNames(Jobs.prototype), ['constructor', 'job']);
}

/** Nest calls the method at boot, and schedule calls it from then on. */
async function keepsHooks(isGated: boolean): Promise<void> {
  const recorder = new Recorder();
  class Hooked {
    @Interval(MS)
    async onApplicationBootstrap(): Promise<void> {
      recorder.ungatedWork();
    }
    @LeaderOnly()
    async job(): Promise<void> {}
  }
  class Plain {
    @Interval(MS)
    async onApplicationBootstrap(): Promise<void> {
      recorder.ungatedWork();
    }
  }
  const hook: unknown = Reflect.get(Hooked.prototype, 'onApplicationBootstrap');
  const app = await boot(recorder, 'never', { providers: [isGated ? Hooked : Plain] });
  await recorder.until(({ runs }) => runs.length > 3);
  await app.close();
  assert.equal(Reflect.get(Hooked.prototype, 'onApplicationBootstrap'), hook);
  assert.deepEqual(Object.getOwnPropertyNames(Hooked.prototype), ['constructor', 'onApplicationBootstrap', 'job']);
}

/** The decorators change only the methods that they decorate. */
export const unchangedClasses: readonly Case[] = [
  { title: 'adds nothing to a class whose method it decorates', run: addsNothingToAClass },
  { title: 'does not change a scheduled lifecycle hook beside a gated method', run: () => keepsHooks(true) },
  { title: 'control: schedule calls such a hook in a class without a gated method', run: () => keepsHooks(false) },
];
