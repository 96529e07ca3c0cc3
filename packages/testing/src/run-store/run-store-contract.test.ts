import { memoryStore, type RunStore } from '@cluster-leader/ledger';
import { describe, expect, it } from 'vitest';
import { runStoreContract } from './run-store-contract.ts';

/** Runs one case on a store that differs from a good one by some verbs. */
const check = (id: string, change: (store: RunStore) => Partial<RunStore>): Promise<void> => {
  const good = memoryStore();
  const store: RunStore = { ...good, migrate: () => good.migrate(), close: () => good.close(), ...change(good) };
  const tested = runStoreContract(() => store).find((known) => known.id === id);
  return tested?.run() ?? Promise.reject(new Error(`no case ${id}`));
};

describe('memoryStore', () => {
  const store = memoryStore();
  it.each(runStoreContract(() => store))('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });
});

describe('runStoreContract', () => {
  it('passes a store whose verbs are unchanged', async () => {
    await expect(check('claim-many', () => ({}))).resolves.toBeUndefined();
    await expect(check('finish', () => ({}))).resolves.toBeUndefined();
  });

  it('leaves out the cases that a store documents as not supported', () => {
    const ids = runStoreContract(memoryStore).map(({ id }) => id);
    const left = runStoreContract(memoryStore, { except: ['skips', 'terms'] }).map(({ id }) => id);
    expect(left).toEqual(ids.filter((id) => id !== 'skips' && id !== 'terms'));
  });

  it.each([
    ['except', { except: ['claim-one'] }],
    ['except', { except: 'skips' }],
    ['exept', { exept: ['skips'] }],
  ])('refuses a wrong %s: %j', (option, options) => {
    // @ts-expect-error a caller without types
    expect(() => runStoreContract(memoryStore, options)).toThrow(option);
  });

  it('fails a store that selects and then inserts', async () => {
    const run = check('claim-many', (good) => ({
      async claim(holder, claims, limits) {
        const free = new Set<unknown>();
        for (const { job, slot } of claims) {
          const [slots] = await good.unclaimed(holder.namespace, [{ job, slots: [slot] }]);
          if (slots?.length === 1) free.add(`${job} ${slot.getTime()}`);
        }
        await good.claim(holder, claims, limits);
        return claims.map(({ job, slot }) => (free.has(`${job} ${slot.getTime()}`) ? 'claimed' : 'taken'));
      },
    }));
    await expect(run).rejects.toThrow('has not one claim');
  });

  it('fails a store whose claims do not know their holder', async () => {
    const run = check('claim-idempotent', (good) => ({
      claim: (holder, claims, limits) => good.claim({ ...holder, id: `${holder.id}-${Math.random()}` }, claims, limits),
    }));
    await expect(run).rejects.toThrow('a lost reply must be resolved');
  });

  it('fails a store that records the outcome of any holder', async () => {
    const run = check('finish', (good) => ({
      async finish(holder, ends) {
        const runs = await good.runs(holder.namespace, { limit: 1 });
        return good.finish({ ...holder, id: runs[0]?.holder ?? holder.id }, ends);
      },
    }));
    await expect(run).rejects.toThrow('another holder must not end the run');
  });
});
