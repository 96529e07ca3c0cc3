import { describe, expect, inject, it } from 'vitest';
import { runTwoLeaders } from './run-two-leaders.ts';

const stores = inject('stores').filter(({ kind }) => kind !== 'MongoDB');
const traceUrl = stores.find(({ kind }) => kind === 'Postgres')?.url ?? '';
const SLOTS = 10;

describe.skipIf(traceUrl === '')('Two replicas that lead at once', { timeout: 40_000 }, () => {
  const hosts = ['node-cron', 'nestjs'] as const;
  const cases = hosts.flatMap((host) => stores.map((store) => ({ host, store, kind: store.kind })));

  it.for(cases)('run each slot once with $host and a ledger in $kind', async ({ host, store }) => {
    const outcome = await runTwoLeaders({ store, traceUrl, host }, SLOTS);
    expect(outcome).toMatchObject({ missing: [], repeated: [] });
    expect(outcome.slots).toBeGreaterThanOrEqual(SLOTS);
  });

  it.for(stores.slice(0, 1))('run slots twice without a ledger, as the control', async (store) => {
    const { repeated } = await runTwoLeaders({ store, traceUrl, host: 'node-cron-alone' }, 3);
    expect(repeated.length).toBeGreaterThan(0);
  });
});
