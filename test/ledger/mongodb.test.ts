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
});
