import type { RunStore } from '@cluster-leader/ledger';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { redisStore } from '@cluster-leader/ledger/redis';
import { Redis } from 'ioredis';
import { Pool } from 'pg';

/** A store with a connection of its own. */
export interface ConnectedStore {
  readonly store: RunStore;
  disconnect(): Promise<void>;
}

/** Connects to the store at a URL of Postgres or Redis. */
export async function connectStore(url: string): Promise<ConnectedStore> {
  if (url.startsWith('redis:')) {
    const client = new Redis(url, { lazyConnect: true });
    await client.connect();
    return { store: redisStore(client), disconnect: async () => client.disconnect() };
  }
  const pool = new Pool({ connectionString: url, max: 4 });
  return { store: postgresStore(pool), disconnect: () => pool.end() };
}
