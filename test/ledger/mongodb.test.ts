import { randomUUID } from 'node:crypto';
import { mongoStore } from '@cluster-leader/ledger/mongodb';
import { runStoreContract } from '@cluster-leader/testing';
import { MongoClient } from 'mongodb';
import { afterAll, describe, expect, inject, it } from 'vitest';

// The global setup prints a warning if $MONGODB_URI is not set.
const url = inject('stores').find(({ kind }) => kind === 'MongoDB')?.url ?? '';

describe.skipIf(url === '')('mongoStore', () => {
  const client = new MongoClient(url || 'mongodb://127.0.0.1');
  const db = client.db();
  afterAll(() => client.close());

  it.each(runStoreContract(() => mongoStore(db)))('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });

  it('lets a rival claim a run whose release was cut off, and does not release it from the rival', async () => {
    const store = mongoStore(db);
    await store.migrate();
    const namespace = `cut-off-${randomUUID()}`;
    const [us, them] = ['a', 'b'].map((pod) => ({ id: randomUUID(), namespace, pod }));
    if (us === undefined || them === undefined) throw new Error('unreachable');
    const { now } = await store.beat(us, 60_000);
    const claim = { job: 'job', slot: now, madeUp: false };
    const limits = { aheadMs: 5_000, retentionMs: 60_000 };
    await store.claim(us, [claim], limits);
    // This is what the first command of a release leaves behind.
    await db.collection('cluster_leader_runs').updateOne({ '_id.ns': namespace }, { $set: { releasing: true } });
    expect(await store.unclaimed(namespace, [{ job: 'job', slots: [now] }])).toEqual([[now]]);
    expect(await store.claim(them, [claim], limits)).toEqual(['claimed']);
    await store.release(us, [claim]);
    expect(await store.runs(namespace, { limit: 2 })).toMatchObject([
      { holder: them.id, state: 'running', attempt: 1 },
    ]);
    expect(await store.unclaimed(namespace, [{ job: 'job', slots: [now] }])).toEqual([[]]);
  });
});

it('refuses a client in place of a database', () => {
  const client = new MongoClient('mongodb://127.0.0.1');
  const refused = { code: 'ERR_INVALID_OPTION', message: expect.stringContaining('client.db()') };
  // @ts-expect-error A client has no `command`.
  expect(() => mongoStore(client)).toThrow(expect.objectContaining(refused));
});
