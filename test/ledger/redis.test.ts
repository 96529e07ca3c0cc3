import { redisStore } from '@cluster-leader/ledger/redis';
import { runStoreContract } from '@cluster-leader/testing';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const url = inject('stores').find(({ kind }) => kind === 'Redis')?.url ?? '';

describe.skipIf(url === '')('redisStore over ioredis', () => {
  const client = new Redis(url, { lazyConnect: true });
  beforeAll(() => client.connect());
  afterAll(() => client.disconnect());

  it.each(runStoreContract(() => redisStore(client)))('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });

  it('refuses a Redis that evicts keys', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      const refused = { code: 'ERR_INVALID_OPTION', message: expect.stringContaining('noeviction') };
      await expect(redisStore(client).migrate()).rejects.toMatchObject(refused);
    } finally {
      await client.config('SET', 'maxmemory-policy', 'noeviction');
    }
  });

  it('rejects at once while the client is not connected', async () => {
    const other = new Redis(url, { lazyConnect: true });
    await expect(redisStore(other).migrate()).rejects.toThrow('not connected');
    other.disconnect();
  });

  it('has no effect if Redis receives the call too late', async () => {
    const store = redisStore(client);
    const holder = { id: 'late', namespace: `late-${process.pid}`, pod: 'pod' };
    await store.migrate();
    const slot = new Date();
    await client.call('CLIENT', 'PAUSE', '4500', 'ALL');
    const claim = store.claim(holder, [{ job: 'job', slot, madeUp: false }], { aheadMs: 5_000, retentionMs: 60_000 });
    await expect(claim).rejects.toThrow('too late');
    expect(await store.runs(holder.namespace, { limit: 1 })).toEqual([]);
  });
});

describe.skipIf(url === '')('redisStore over redis', () => {
  const client = createClient({ url });
  beforeAll(async () => void (await client.connect()));
  afterAll(() => client.destroy());

  it.each(runStoreContract(() => redisStore(client)))('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });
});
