import { ClusterLeaderError } from '@cluster-leader/core';
import { describe, expect, it } from 'vitest';
import { inVirtualTime, settled } from '../../../../test/support/virtual-time.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { leadingPod, spied } from '../fixtures/ledger-pod.ts';
import type { Run } from '../runs/run.ts';
import type { ClaimOutcome } from '../store/records.ts';
import type { RunStore } from '../store/run-store.ts';

const START_MS = Date.UTC(2026, 0, 1);
const at = (ms: number): Date => new Date(START_MS + ms);

/** Lets everything happen that needs no timer. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settled();
}

/** A store that can be switched off: then every call rejects at once. */
function switchable(store: RunStore): { store: RunStore; isDown: boolean } {
  const state = { isDown: false };
  const proxy = new Proxy(store, {
    get: (target, verb: keyof RunStore) => {
      if (state.isDown) return () => Promise.reject(new Error('connection refused'));
      return target[verb];
    },
  });
  return Object.assign(state, { store: proxy });
}

describe('If the store does not answer,', () => {
  it('nothing runs, it is reported once, and the slot is made up when the store answers again', () =>
    inVirtualTime(1, async (time) => {
      const broken = switchable(memoryStore());
      const runs: number[] = [];
      const { register, events, warnings } = leadingPod(broken.store);
      const job = register({ catchUp: 'all', task: ({ slot, madeUp }) => runs.push(madeUp ? slot.getTime() : 0) });
      await time.runUntil(9_000);
      broken.isDown = true;
      await time.runUntil(10_000);
      expect(await job.run(at(10_000))).toEqual({ ran: false, reason: 'ledger-unavailable' });
      await time.runUntil(15_000);
      expect(runs).toEqual([]);
      expect(events.map(([name]) => name)).toEqual(['unavailable', 'skipped']);
      broken.isDown = false;
      await time.runUntil(40_000);
      await turns();
      expect(runs[0]).toBe(START_MS + 10_000);
      expect(events.map(([name]) => name)).toContain('available');
      expect(warnings.filter((warning) => warning.includes('does not answer'))).toHaveLength(1);
    }));

  it('a claim that comes too late is released and does not run', () =>
    inVirtualTime(1, async (time) => {
      const memory = memoryStore();
      const late = Promise.withResolvers<void>();
      const { store, calls } = spied(memory, {
        claim: async (...args): Promise<ClaimOutcome[]> => {
          await late.promise;
          return memory.claim(...args);
        },
      });
      const { register } = leadingPod(store);
      const job = register({ nextSlot: undefined, task: () => expect.unreachable() });
      const result = job.run(at(0));
      await turns();
      await time.runUntil(2_100);
      expect(await result).toEqual({ ran: false, reason: 'ledger-unavailable' });
      late.resolve();
      await turns();
      expect(await memory.runs('test', { limit: 10 })).toHaveLength(1);
      await time.runUntil(8_000);
      expect(await memory.runs('test', { limit: 10 })).toEqual([]);
      expect(calls.filter((verb) => verb === 'release')).toHaveLength(1);
    }));

  it('the outcome of a run is recorded later, and the run does not fail', () =>
    inVirtualTime(1, async (time) => {
      const memory = memoryStore();
      const broken = switchable(memory);
      const { register } = leadingPod(broken.store);
      const job = register({ nextSlot: undefined, task: () => (broken.isDown = true) });
      expect(await job.run(at(0))).toMatchObject({ ran: true });
      await time.runUntil(5_000);
      expect(await memory.runs('test', { limit: 10 })).toMatchObject([{ state: 'running' }]);
      broken.isDown = false;
      await time.runUntil(20_000);
      expect(await memory.runs('test', { limit: 10 })).toMatchObject([{ state: 'succeeded' }]);
    }));

  it('a run ends once others may have taken it over', () =>
    inVirtualTime(1, async (time) => {
      const broken = switchable(memoryStore());
      const { register } = leadingPod(broken.store);
      const reasons: unknown[] = [];
      const job = register({
        nextSlot: undefined,
        task: (run) =>
          new Promise((_, reject) => {
            run.signal.addEventListener('abort', () => {
              expect(() => run.assertClaimed()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
              reject(run.signal.reason);
            });
          }),
      });
      void job.run(at(0)).catch((error: unknown) => reasons.push(error));
      await turns();
      broken.isDown = true;
      await time.runUntil(59_000);
      expect(reasons).toEqual([]);
      await time.runUntil(71_000);
      expect(reasons).toEqual([expect.objectContaining({ code: 'ERR_NOT_LEADER' })]);
    }));

  it('a run ends that the store has missed for too long, whatever the clocks of the pod say', () =>
    inVirtualTime(1, async (time) => {
      const memory = memoryStore();
      let lapsed = false;
      const { store } = spied(memory, { beat: async (...args) => ({ ...(await memory.beat(...args)), lapsed }) });
      const { register } = leadingPod(store);
      const ends: string[] = [];
      const task = ({ job, signal }: Run): Promise<void> =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            ends.push(job);
            resolve();
          });
        });
      const [first, second] = ['first', 'second'].map((name) => register({ name, nextSlot: undefined, task }));
      void first?.run(at(0));
      await time.runUntil(25_000);
      void second?.run(at(25_000));
      await turns();
      lapsed = true;
      await time.runUntil(30_000);
      await turns();
      expect(ends).toEqual(['first']);
    }));

  it('a refusal, which no retry mends, is reported with its reason', () =>
    inVirtualTime(1, async () => {
      const refusal = new ClusterLeaderError('ERR_INVALID_OPTION', 'the schedule is finer than a minute.');
      const { store } = spied(memoryStore(), { claim: () => Promise.reject(refusal) });
      const { register, warnings, events } = leadingPod(store);
      const job = register({ nextSlot: undefined });
      expect(await job.run(at(0))).toEqual({ ran: false, reason: 'ledger-unavailable' });
      expect(warnings).toEqual([expect.stringContaining('finer than a minute')]);
      expect(events.map(([name]) => name)).toEqual(['skipped']);
    }));
});

it('warns of a clock that differs from the one of the store, once', () =>
  inVirtualTime(1, async (time) => {
    const store = memoryStore({ now: () => Date.now() - 3_000 });
    const { register, events } = leadingPod(store);
    register();
    await time.runUntil(200_000);
    expect(events.filter(([name]) => name === 'clockSkew')).toEqual([['clockSkew', { skewMs: 3_000 }]]);
  }));
