import { randomUUID } from 'node:crypto';
import type { JobRepository } from 'agenda';

/** Longer than any save takes. If a process dies while it holds the key, the others wait until it expires. */
const LIFETIME_MS = 10_000;
const RETRY_MS = 20;
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/** The commands that the mutex uses. */
interface Redis {
  set(key: string, value: string, px: 'PX', ms: number, nx: 'NX'): Promise<unknown>;
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
}

/**
 * Runs a task while no other replica runs one for the same job name, if the jobs are in Redis; elsewhere just runs it.
 *
 * Agenda's Redis backend looks for a job and then creates it, so two replicas that boot together create two. The other
 * backends do both in one statement.
 */
export async function exclusively<T>(repository: JobRepository, name: string, task: () => Promise<T>): Promise<T> {
  const redis = redisOf(repository);
  if (redis === undefined) return task();
  const key = `${prefixOf(repository)}cluster-leader:saving:${name}`;
  const token = randomUUID();
  while ((await redis.set(key, token, 'PX', LIFETIME_MS, 'NX')) === null) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  try {
    return await task();
  } finally {
    await redis.eval(RELEASE, 1, key, token).catch(() => {}); // the key expires then
  }
}

/** Returns the client of Agenda's Redis backend, or undefined if the jobs are in another database. */
function redisOf(repository: JobRepository): Redis | undefined {
  const getRedis: unknown = Reflect.get(repository, 'getRedis');
  return typeof getRedis === 'function' ? Reflect.apply(getRedis, repository, []) : undefined;
}

/** The backend's own prefix, because a Redis user may have access to that only. */
function prefixOf(repository: JobRepository): string {
  const prefix: unknown = Reflect.get(repository, 'keyPrefix');
  return typeof prefix === 'string' ? prefix : 'agenda:';
}
