import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Cluster } from './cluster.ts';

const stores = inject('stores').filter(({ kind }) => kind !== 'MongoDB');
const traceUrl = stores.find(({ kind }) => kind === 'Postgres')?.url ?? '';
const AHEAD_MS = 4_000;
/** How many slots are due after the last one that this pod has run. */
const SLOTS_AFTER = 2;

describe.skipIf(traceUrl === '')('A pod whose clock is 4 s ahead', { timeout: 40_000 }, () => {
  it.for(stores)('leaves no slot missing, and none run twice ($kind)', async (store) => {
    const cluster = await new Cluster({ store, traceUrl }).prepare();
    onTestFinished(() => cluster.end());
    const [ahead, right] = await Promise.all([cluster.start('ahead', AHEAD_MS), cluster.start('right')]);
    await right.elect();
    await cluster.next('ended');
    await cluster.next('ended');
    // What is due in the 4 s between the two clocks has no tick on either.
    await right.demote();
    await ahead.elect();
    await cluster.next('ended');
    await cluster.next('ended');
    await right.elect();
    await cluster.next('ended');
    await ahead.demote();
    const lastMs = Math.max(...cluster.slots('ended')) + SLOTS_AFTER * 1_000;
    await cluster.untilCovered(lastMs);
    const { missing, endedTwice, repeated, madeUp, traces } = await cluster.outcome(lastMs);
    expect({ missing, endedTwice }).toEqual({ missing: [], endedTwice: [] });
    expect(cluster.slots('interrupted'), 'only what a demotion cut is run again').toEqual(
      expect.arrayContaining([...repeated]),
    );
    expect(madeUp, 'the slots between the clocks are made up').toBeGreaterThan(0);
    expect(new Set(traces.map(({ pod }) => pod))).toEqual(new Set(['ahead', 'right']));
    const skews = cluster.reports.flatMap((report) => (report.what === 'clock-skew' ? [report.skewMs] : []));
    expect(Math.max(...skews), 'the skew is reported').toBeGreaterThan(AHEAD_MS - 1_000);
  });
});
