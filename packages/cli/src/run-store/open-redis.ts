import { redisStore, type IoRedisClient, type NodeRedisClient } from '@cluster-leader/ledger/redis';
import { findDriver, missingDriver } from './driver.ts';
import { CONNECT_LIMIT_MS, type OpenedStore } from './opened-store.ts';
import { storeError } from './store-error.ts';

interface Connectable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
}

/** The part of `redis` that is used. */
interface NodeRedis {
  createClient(options: object): NodeRedisClient & Connectable & { destroy(): void };
}

/** The part of `ioredis` that is used. */
interface IoRedis {
  readonly Redis: new (url: string, options: object) => IoRedisClient & Connectable & { disconnect(): void };
}

/** Connects to the Redis at this URL, with `redis` or else `ioredis`. */
export async function openRedis(url: string): Promise<OpenedStore> {
  const nodeRedis = findDriver<NodeRedis>('redis', 'createClient');
  const ioRedis = nodeRedis === undefined ? findDriver<IoRedis>('ioredis', 'Redis') : undefined;
  try {
    if (nodeRedis !== undefined) return await openNodeRedis(nodeRedis, url);
    if (ioRedis !== undefined) return await openIoRedis(ioRedis, url);
  } catch (error) {
    throw storeError(error);
  }
  throw missingDriver('redis', 'ioredis');
}

async function openNodeRedis(driver: NodeRedis, url: string): Promise<OpenedStore> {
  const socket = { connectTimeout: CONNECT_LIMIT_MS, reconnectStrategy: false };
  const client = driver.createClient({ url, socket });
  await connect(client);
  return { store: redisStore(client), close: async () => client.destroy() };
}

async function openIoRedis(driver: IoRedis, url: string): Promise<OpenedStore> {
  const options = { lazyConnect: true, connectTimeout: CONNECT_LIMIT_MS, retryStrategy: () => null };
  const client = new driver.Redis(url, options);
  await connect(client);
  return { store: redisStore(client), close: async () => client.disconnect() };
}

/** ioredis rejects with "Connection is closed" only; the reason is in its event. */
async function connect(client: Connectable): Promise<void> {
  let reason: Error | undefined;
  client.on('error', (error) => (reason ??= error));
  try {
    await client.connect();
  } catch (error) {
    throw reason ?? error;
  }
}
