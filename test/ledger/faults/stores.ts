import type { RunStore } from '@cluster-leader/ledger';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { redisStore } from '@cluster-leader/ledger/redis';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { StoreAddress } from './messages.ts';

interface OpenStore {
  readonly runs: RunStore;
  close(): Promise<void>;
}

/** Opens a store whose client survives the end of its database, and connects again. */
export async function openStore({ kind, url }: StoreAddress): Promise<OpenStore> {
  if (kind === 'Redis') {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 200 });
    client.on('error', () => {}); // the ledger reports that the store does not answer
    await client.connect();
    return { runs: redisStore(client), close: async () => client.disconnect() };
  }
  if (kind !== 'Postgres') throw new Error(`There is no store for ${kind} here.`);
  const pool = new Pool({ connectionString: url });
  pool.on('error', () => {}); // the ledger reports that the store does not answer
  return { runs: postgresStore(pool), close: () => pool.end() };
}
