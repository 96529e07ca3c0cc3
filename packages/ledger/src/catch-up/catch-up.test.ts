import { describe, expect, it } from 'vitest';
import { inVirtualTime, settled } from '../../../../test/support/virtual-time.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { every, leadingPod, spied } from '../fixtures/ledger-pod.ts';
import type { Run } from '../runs/run.ts';

const START_MS = Date.UTC(2026, 0, 1);
const at = (ms: number): Date => new Date(START_MS + ms);
const seconds = (runs: readonly Run[]): number[] => runs.map(({ slot }) => (slot.getTime() - START_MS) / 1_000);

/** Lets everything happen that needs no timer. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await settled();
}

/** Rejects when the run's signal aborts. */
const untilEnded = ({ signal }: Run): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('A leader', () => {
  it('makes up what was missed while nobody led, one at a time, the oldest first', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const first = leadingPod(store);
      first.register({ catchUp: 'all' });
      await time.runUntil(1_000);
      first.leader.demote();
      await time.runUntil(46_000);
      const runs: Run[] = [];
      let underWay = 0;
      const second = leadingPod(store);
      second.register({
        catchUp: 'all',
        maxCatchUp: 3,
        task: async (run) => {
          underWay += 1;
          expect(underWay).toBe(1);
          await settled();
          underWay -= 1;
          runs.push(run);
        },
      });
      await turns();
      expect(seconds(runs)).toEqual([20, 30, 40]);
      expect(runs.every(({ madeUp, attempt }) => madeUp && attempt === 1)).toBe(true);
      expect(second.events).toEqual([['gaveUp', { job: 'report', count: 1, from: at(10_000), to: at(10_000) }]]);
      expect(await second.ledger.jobs()).toMatchObject([{ settled: at(41_000) }]);
    }));

  it('has missed nothing on the first install, nor of a schedule that has changed', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      await time.runUntil(45_000);
      const first = leadingPod(store);
      first.register({ catchUp: 'all', task: () => expect.unreachable() });
      await turns();
      first.leader.demote();
      await time.runUntil(100_000);
      const second = leadingPod(store);
      second.register({ catchUp: 'all', fingerprint: '2', task: () => expect.unreachable() });
      await turns();
      expect(second.events).toEqual([]);
    }));

  it('makes a slot up soon that was missed right before its election', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const { register, leader } = leadingPod(store);
      const runs: Run[] = [];
      register({ catchUp: 'latest', task: (run) => runs.push(run) });
      await time.runUntil(5_000);
      leader.demote();
      await time.runUntil(11_000);
      leader.elect();
      await turns();
      expect(runs).toEqual([]);
      await time.runUntil(18_000);
      await turns();
      expect(seconds(runs)).toEqual([10]);
    }));

  it('makes up at most four runs at once', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const first = leadingPod(store);
      const names = Array.from({ length: 6 }, (_, index) => `job-${index}`);
      for (const name of names) first.register({ name, catchUp: 'latest' });
      await time.runUntil(1_000);
      first.leader.demote();
      await time.runUntil(16_000);
      const second = leadingPod(store);
      const begun: (() => void)[] = [];
      const task = (): Promise<void> => new Promise((resolve) => void begun.push(resolve));
      for (const name of names) second.register({ name, catchUp: 'latest', task });
      await turns();
      expect(begun).toHaveLength(4);
      begun[0]?.();
      await turns();
      expect(begun).toHaveLength(5);
    }));

  it('does not give up a slot that its own late tick is claiming at that moment', () =>
    inVirtualTime(1, async (time) => {
      const memory = memoryStore();
      const answered = Promise.withResolvers<void>();
      const { store, calls } = spied(memory, {
        claim: async (...args) => {
          await answered.promise;
          return memory.claim(...args);
        },
      });
      const { register, events } = leadingPod(store);
      const job = register();
      await time.runUntil(16_000);
      calls.length = 0;
      const result = job.run(at(10_000));
      job.missed();
      await turns();
      expect(calls).toContain('claim');
      expect(calls).toContain('settle');
      answered.resolve();
      expect(await result).toMatchObject({ ran: true });
      expect(events).toEqual([]);
    }));

  it('reports the failure of a made-up run, and goes on', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const first = leadingPod(store);
      first.register({ catchUp: 'all' });
      await time.runUntil(1_000);
      first.leader.demote();
      await time.runUntil(26_000);
      const second = leadingPod(store);
      const error = new Error('no paper');
      second.register({ catchUp: 'all', task: () => Promise.reject(error) });
      await turns();
      expect(second.events.map(([name, event]) => [name, event])).toEqual([
        ['failed', { job: 'report', slot: at(10_000), attempt: 1, error }],
        ['failed', { job: 'report', slot: at(20_000), attempt: 1, error }],
      ]);
    }));

  it('stops making up when it is demoted, and the next leader goes on', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const first = leadingPod(store);
      first.register({ catchUp: 'all' });
      await time.runUntil(1_000);
      first.leader.demote();
      await time.runUntil(36_000);
      const second = leadingPod(store);
      second.register({ catchUp: 'all', task: untilEnded });
      await turns();
      second.leader.demote();
      await turns();
      expect(second.events).toEqual([
        ['interrupted', { job: 'report', slot: at(10_000), attempt: 1, pod: 'pod-0', rerun: false }],
      ]);
      const third = leadingPod(store);
      const runs: Run[] = [];
      third.register({ catchUp: 'all', task: (run) => runs.push(run) });
      await turns();
      expect(seconds(runs)).toEqual([20, 30]);
    }));

  it('warns once of a schedule that it cannot enumerate', () =>
    inVirtualTime(1, async (time) => {
      const { register, warnings } = leadingPod(memoryStore());
      register({ nextSlot: (after) => new Date(after.getTime() - 1) });
      await time.runUntil(200_000);
      expect(warnings).toEqual([expect.stringContaining('Cannot enumerate the slots of report')]);
    }));
});

describe('A run whose process is lost', () => {
  const options = { nextSlot: undefined, task: untilEnded } as const;

  it("is reported, and stays as it is under 'leave'", () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const dead = { id: 'dead', namespace: 'test', pod: 'pod-9' };
      const limits = { aheadMs: 5_000, retentionMs: 100_000 };
      await store.claim(dead, [{ job: 'report', slot: at(0), madeUp: false }], limits);
      await time.runUntil(60_000);
      const { register, events, ledger } = leadingPod(store);
      register({ nextSlot: every(1e9) });
      await turns();
      expect(events).toEqual([['interrupted', { job: 'report', slot: at(0), attempt: 1, pod: 'pod-9', rerun: false }]]);
      expect(await ledger.runs({ state: 'interrupted' })).toHaveLength(1);
    }));

  it("is run again under 'rerun', with the same key, and abandoned after its last attempt", () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const runs: Run[] = [];
      const task = (run: Run): Promise<never> => {
        runs.push(run);
        return untilEnded(run);
      };
      const policy = { interrupted: 'rerun', maxAttempts: 2 } as const;
      const pods = [0, 1, 2].map((index) => {
        const pod = leadingPod(store, { pod: `pod-${index}` });
        pod.leader.demote();
        return { ...pod, job: pod.register({ ...options, ...policy, task }) };
      });
      const [first, second, third] = pods;
      first?.leader.elect();
      void first?.job.run(at(0)).catch(() => {});
      await turns();
      first?.leader.demote();
      await turns();
      second?.leader.elect();
      await turns();
      second?.leader.demote();
      await turns();
      third?.leader.elect();
      await time.runUntil(10_000);
      await turns();
      expect(runs.map(({ attempt, madeUp }) => ({ attempt, madeUp }))).toEqual([
        { attempt: 1, madeUp: false },
        { attempt: 2, madeUp: true },
      ]);
      expect(new Set(runs.map(({ key }) => key)).size).toBe(1);
      expect(third?.events).toEqual([['abandoned', { job: 'report', slot: at(0), attempt: 2, pod: 'pod-1' }]]);
    }));
});
