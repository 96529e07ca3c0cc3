import { describe, expect, it } from 'vitest';
import { inVirtualTime, settled } from '../../../../test/support/virtual-time.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { leadingPod, spied } from '../fixtures/ledger-pod.ts';
import { currentRun, type Run } from '../runs/run.ts';

const START_MS = Date.UTC(2026, 0, 1);
const slot = new Date(START_MS);
/** Lets everything happen that needs no timer. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settled();
}

/** Rejects half a second after the run's signal has aborted. */
const untilEnded = ({ signal }: Run): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), 500));
  });

const never = (): Promise<never> => new Promise(() => {});

describe('A ledger', () => {
  it('runs a slot once, however many leaders there are', () =>
    inVirtualTime(1, async () => {
      const store = memoryStore();
      const pods = [leadingPod(store, { pod: 'a' }), leadingPod(store, { pod: 'b' })];
      const keys: string[] = [];
      const results = await Promise.all(
        pods.map(({ ledger, leader }) => ledger.run(leader, { job: 'report', slot }, (run) => keys.push(run.key))),
      );
      expect(keys).toEqual(['test/report/2026-01-01T00:00:00.000Z']);
      expect(results).toContainEqual({ ran: false, reason: 'claimed' });
      expect(pods.flatMap(({ events }) => events)).toEqual([['skipped', { job: 'report', slot, reason: 'claimed' }]]);
    }));

  it('gives the task its run and its term, and returns its value', () =>
    inVirtualTime(1, async () => {
      const { ledger, leader } = leadingPod(memoryStore());
      const result = await ledger.run(leader, { job: 'report', slot }, (run, term) => {
        expect(currentRun()).toBe(run);
        expect(run).toMatchObject({ job: 'report', slot, attempt: 1, madeUp: false });
        expect(run.signal).toBe(term.signal);
        run.assertClaimed();
        return 'sent';
      });
      expect(result).toEqual({ ran: true, value: 'sent' });
      await turns();
      expect(await ledger.runs()).toMatchObject([{ job: 'report', slot, state: 'succeeded', term: 1, pod: 'pod-0' }]);
    }));

  it('asks the store nothing about the ticks of a follower', () =>
    inVirtualTime(1, async () => {
      const { store, calls } = spied(memoryStore());
      const { leader, register } = leadingPod(store);
      leader.demote();
      const job = register();
      expect(await job.run(slot)).toEqual({ ran: false, reason: 'follower' });
      job.overlapped(slot);
      job.missed();
      await turns();
      expect(calls).toEqual(['migrate']);
    }));

  it('claims 1 000 jobs of one tick and records their ends with one call each', () =>
    inVirtualTime(1, async (time) => {
      const { store, calls } = spied(memoryStore());
      const { register } = leadingPod(store);
      const jobs = Array.from({ length: 1_000 }, (_, index) => register({ name: `job-${index}` }));
      await time.runUntil(1_000);
      calls.length = 0;
      const results = await Promise.all(jobs.map((job) => job.run(slot)));
      await turns();
      expect(results.every(({ ran }) => ran)).toBe(true);
      expect(calls).toEqual(['claim', 'finish']);
    }));

  it('gives a claim back if the lead is lost before the task begins', () =>
    inVirtualTime(1, async () => {
      const memory = memoryStore();
      const claimed = Promise.withResolvers<void>();
      const { store } = spied(memory, {
        claim: async (...args) => {
          const outcomes = await memory.claim(...args);
          first.leader.demote();
          claimed.resolve();
          return outcomes;
        },
      });
      const first = leadingPod(store);
      const result = await first.register({ task: () => expect.unreachable() }).run(slot);
      expect(result).toEqual({ ran: false, reason: 'follower' });
      await turns();
      const second = leadingPod(memory);
      expect(await second.register().run(slot)).toMatchObject({ ran: true });
    }));

  it('rejects with the error of the task, and records it', () =>
    inVirtualTime(1, async () => {
      const { register, ledger } = leadingPod(memoryStore());
      const error = new Error('no paper');
      const fail = (): never => {
        throw error;
      };
      await expect(register({ task: fail }).run(slot)).rejects.toBe(error);
      await turns();
      expect(await ledger.runs({ state: 'failed' })).toMatchObject([{ error: 'Error: no paper' }]);
    }));

  it('records an overlapped slot as skipped, so that it is not made up', () =>
    inVirtualTime(1, async (time) => {
      const { register, ledger, events } = leadingPod(memoryStore());
      const job = register({ catchUp: 'all', task: () => expect.unreachable() });
      await time.runUntil(10_000);
      const at = new Date(START_MS + 10_000);
      job.overlapped(at);
      await turns();
      await time.runUntil(19_999);
      expect(await ledger.runs()).toMatchObject([{ slot: at, state: 'skipped' }]);
      expect(events).toEqual([['skipped', { job: 'report', slot: at, reason: 'overlap' }]]);
    }));

  it('skips the tick of an exclusive job while one of its runs is under way', () =>
    inVirtualTime(1, async () => {
      const { register } = leadingPod(memoryStore());
      const job = register({ exclusive: true, task: never });
      void job.run(slot);
      await turns();
      expect(await job.run(new Date(START_MS + 1))).toEqual({ ran: false, reason: 'overlap' });
    }));

  it('skips slots that are ahead of the store or older than it remembers', () =>
    inVirtualTime(1, async () => {
      const { register } = leadingPod(memoryStore(), { retentionMs: 100_000 });
      const job = register({ catchUpWindowMs: 50_000 });
      expect(await job.run(new Date(START_MS + 5_001))).toEqual({ ran: false, reason: 'clock-ahead' });
      expect(await job.run(new Date(START_MS - 100_001))).toEqual({ ran: false, reason: 'too-late' });
      expect(await job.run(new Date(START_MS + 5_000))).toMatchObject({ ran: true });
    }));

  it('knows a job by its name: a second one is refused until the first is closed', async () => {
    const { register, ledger, leader } = leadingPod(memoryStore());
    const job = register();
    expect(() => register()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    await job.close();
    expect(await job.run(slot)).toEqual({ ran: false, reason: 'closed' });
    register();
    await expect(ledger.run(leadingPod(memoryStore()).leader, { job: 'report', slot }, () => {})).rejects.toThrow(
      'name',
    );
    await ledger.close();
    expect(await ledger.run(leader, { job: 'other', slot }, () => {})).toEqual({ ran: false, reason: 'closed' });
  });

  it('finds the newest slot for a host whose ticks do not tell theirs', async () => {
    const { register } = leadingPod(memoryStore());
    expect(await register().slotAt(new Date(START_MS + 12_345))).toEqual(new Date(START_MS + 10_000));
    expect(await register({ name: 'given', nextSlot: undefined }).slotAt(slot)).toBeUndefined();
  });

  it('notes its terms, and what was skipped how often in each minute', () =>
    inVirtualTime(1, async (time) => {
      const { register, ledger, leader } = leadingPod(memoryStore());
      const job = register({ nextSlot: undefined });
      await time.runUntil(10_000);
      leader.demote();
      await Promise.all([job.run(slot), job.run(slot)]);
      await time.runUntil(120_000);
      const [term] = await ledger.terms();
      expect(term).toMatchObject({
        election: 'default',
        number: 1,
        pod: 'pod-0',
        from: slot,
        to: new Date(START_MS + 10_000),
        reason: 'follower',
      });
      expect(await ledger.skips()).toEqual([
        { job: 'report', reason: 'follower', minute: slot, count: 2, pod: 'pod-0' },
      ]);
    }));

  it('throws ERR_NO_TERM where currentRun() is called outside of a run', () => {
    expect(() => currentRun()).toThrow(expect.objectContaining({ code: 'ERR_NO_TERM' }));
  });
});

describe('close()', () => {
  it('ends runs, waits for them, and records how they ended', () =>
    inVirtualTime(1, async (time) => {
      const store = memoryStore();
      const { register, ledger } = leadingPod(store);
      const run = register({ task: untilEnded }).run(slot);
      run.catch(() => {});
      await turns();
      const closed = ledger.close({ drainMs: 1_000 });
      await time.runUntil(1_000);
      await closed;
      await expect(run).rejects.toMatchObject({ code: 'ERR_NOT_LEADER' });
      expect(await store.runs('test', { limit: 10 })).toMatchObject([{ state: 'interrupted' }]);
    }));

  it('gives back a claim that is under way, so that another pod can run the slot at once', () =>
    inVirtualTime(1, async (time) => {
      const memory = memoryStore();
      const asked = Promise.withResolvers<void>();
      const { store } = spied(memory, {
        claim: async (...args) => {
          await asked.promise;
          return memory.claim(...args);
        },
      });
      const { register, ledger } = leadingPod(store);
      const result = register({ task: () => expect.unreachable() }).run(slot);
      await turns();
      setTimeout(asked.resolve, 500);
      const closed = ledger.close();
      await turns();
      await time.runUntil(1_000);
      await closed;
      expect(await result).toEqual({ ran: false, reason: 'closed' });
      expect(await memory.runs('test', { limit: 10 })).toEqual([]);
    }));

  it('names what still runs', () =>
    inVirtualTime(1, async (time) => {
      const { register, ledger, warnings } = leadingPod(memoryStore());
      void register({ task: never }).run(slot);
      await turns();
      const closed = ledger.close({ drainMs: 1_000 });
      await time.runUntil(2_000);
      await closed;
      expect(warnings).toEqual(['Still running 1000 ms after close(): report.']);
    }));
});
