import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Cluster } from './cluster.ts';

const stores = inject('stores').filter(({ kind }) => kind !== 'MongoDB');
const traceUrl = stores.find(({ kind }) => kind === 'Postgres')?.url ?? '';
/** How many slots are due after the second leader was killed. */
const SLOTS_AFTER = 3;
/** Two runs overlap at any time, so that a kill interrupts at least one. */
const WORK_MS = 1_500;
const EXPIRY_MS = 4_000;

/** Lets a leader be killed in the middle of a run, twice, and another pod be elected; resolves with the last slot to look at. */
async function killTwoLeaders(cluster: Cluster, ...done: ['interrupted'] | []): Promise<number> {
  const [first, second, third] = await Promise.all(['pod-1', 'pod-2', 'pod-3'].map((pod) => cluster.start(pod)));
  await first?.elect();
  await cluster.next('began');
  await cluster.next('began');
  await first?.kill();
  await second?.elect();
  await cluster.next('began');
  await second?.kill();
  await third?.elect();
  const lastMs = (await cluster.next('began')) + SLOTS_AFTER * 1_000;
  await cluster.untilCovered(lastMs, ...done);
  return lastMs;
}

describe.skipIf(traceUrl === '')('A leader that is killed in the middle of runs', { timeout: 40_000 }, () => {
  it.for(stores)("leaves no slot missing with interrupted 'rerun' ($kind)", async (store) => {
    const cluster = await new Cluster({ store, traceUrl, workMs: WORK_MS, expiryMs: EXPIRY_MS }).prepare();
    onTestFinished(() => cluster.end());
    const lastMs = await killTwoLeaders(cluster);
    const { missing, endedTwice, repeated, traces } = await cluster.outcome(lastMs);
    expect({ missing, endedTwice }).toEqual({ missing: [], endedTwice: [] });
    const cut = traces.filter(({ hasEnded }) => !hasEnded);
    expect(new Set(cut.map(({ pod }) => pod))).toEqual(new Set(['pod-1', 'pod-2']));
    const cutSlots = new Set(cut.map(({ slotMs }) => slotMs));
    expect(repeated, 'only what was interrupted is run again').toEqual([...cutSlots]);
  });

  it.for(stores)("is reported for each run with interrupted 'leave', which is not run again ($kind)", async (store) => {
    const options = { store, traceUrl, workMs: WORK_MS, expiryMs: EXPIRY_MS, interrupted: 'leave' } as const;
    const cluster = await new Cluster(options).prepare();
    onTestFinished(() => cluster.end());
    const lastMs = await killTwoLeaders(cluster, 'interrupted');
    const { missing, repeated, traces } = await cluster.outcome(lastMs);
    expect(repeated).toEqual([]);
    const cut = traces.filter(({ hasEnded }) => !hasEnded);
    expect(new Set(cut.map(({ pod }) => pod))).toEqual(new Set(['pod-1', 'pod-2']));
    // A pod may also be killed between the claim and the first line of the job.
    expect(missing).toEqual(expect.arrayContaining(cut.map(({ slotMs }) => slotMs)));
    expect(cluster.slots('interrupted')).toEqual(expect.arrayContaining([...missing]));
  });
});
