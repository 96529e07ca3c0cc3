import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Cluster } from './cluster.ts';

const stores = inject('stores').filter(({ kind }) => kind !== 'MongoDB');
const traceUrl = stores.find(({ kind }) => kind === 'Postgres')?.url ?? '';
const BLOCKED_MS = 10_000;
/** How many slots are due after the event loop is free again. */
const SLOTS_AFTER = 2;

describe.skipIf(traceUrl === '')('A leader whose event loop is blocked for 10 s', { timeout: 40_000 }, () => {
  it.for(stores)('makes up what was due meanwhile if no other pod leads ($kind)', async (store) => {
    const cluster = await new Cluster({ store, traceUrl, workMs: 400, expiryMs: 20_000 }).prepare();
    onTestFinished(() => cluster.end());
    const replica = await cluster.start('pod-1');
    await replica.elect();
    await cluster.next('began');
    await replica.block(BLOCKED_MS);
    const lastMs = (await cluster.next('began')) + SLOTS_AFTER * 1_000;
    await cluster.untilCovered(lastMs);
    const { missing, repeated, madeUp } = await cluster.outcome(lastMs);
    expect({ missing, repeated }).toEqual({ missing: [], repeated: [] });
    expect(madeUp, 'node-cron had missed slots').toBeGreaterThan(0);
  });

  it.for(stores)('leaves no slot missing if another pod is elected meanwhile ($kind)', async (store) => {
    const cluster = await new Cluster({ store, traceUrl, workMs: 400, expiryMs: 4_000 }).prepare();
    onTestFinished(() => cluster.end());
    const [blocked, other] = await Promise.all([cluster.start('blocked'), cluster.start('other')]);
    await blocked.elect();
    await cluster.next('began');
    const unblocked = blocked.block(BLOCKED_MS); // in the middle of the run
    await other.elect();
    await unblocked;
    const lastMs = (await cluster.next('began')) + SLOTS_AFTER * 1_000;
    await cluster.untilCovered(lastMs);
    const { missing, repeated, traces } = await cluster.outcome(lastMs);
    expect(missing).toEqual([]);
    const [first] = traces;
    expect(repeated, 'only the run in the middle is run again, by the other pod').toEqual([first?.slotMs]);
    expect(traces.filter(({ slotMs }) => slotMs === first?.slotMs)).toMatchObject([
      { pod: 'blocked', attempt: 1, hasEnded: false },
      { pod: 'other', attempt: 2, hasEnded: true },
    ]);
  });
});
