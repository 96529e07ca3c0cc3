import { fakeLeader } from '@cluster-leader/testing';
import { expect, it } from 'vitest';
import { FakeStore } from '../fixtures/fake-store.ts';
import { currentRun } from '../runs/run.ts';
import { RunLedger } from './run-ledger.ts';

const slot = new Date(Math.floor(Date.now() / 1_000) * 1_000);

it('runs a slot once, however many leaders there are', async () => {
  const store = new FakeStore();
  const runs: string[] = [];
  const results = await Promise.all(
    ['a', 'b'].map(async (pod) => {
      const leader = fakeLeader();
      leader.elect();
      await using ledger = new RunLedger({ namespace: 'test', store, pod });
      return await ledger.run(leader, { job: 'report', slot }, (run) => {
        expect(currentRun()).toBe(run);
        runs.push(`${pod} ${run.key}`);
      });
    }),
  );
  expect(runs).toHaveLength(1);
  expect(results).toContainEqual({ ran: false, reason: 'claimed' });
});
