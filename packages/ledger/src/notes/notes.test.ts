import { fakeLeader } from '@cluster-leader/testing';
import { expect, test, vi } from 'vitest';
import { RunLedger } from '../ledger/run-ledger.ts';
import { memoryStore } from '../memory/memory-store.ts';

test('a term that has begun and ended since the last notes is stored once, with its end', async () => {
  const store = memoryStore();
  const note = vi.spyOn(store, 'note');
  const leader = fakeLeader({ election: 'billing', logger: {} });
  const ledger = new RunLedger({ namespace: 'billing', store, logger: {} });
  leader.elect(7n);
  await ledger.run(leader, { job: 'invoices', slot: new Date() }, () => {});
  leader.demote();
  await ledger.close();
  const terms = note.mock.calls.flatMap(([, notes]) => notes.terms);
  expect(terms).toEqual([
    {
      election: 'billing',
      number: 1,
      fencingToken: 7n,
      from: expect.any(Date),
      to: expect.any(Date),
      reason: 'follower',
    },
  ]);
  await leader.close();
});
