export type { IoRedisClient, NodeRedisClient } from './redis/link.ts';
export { redisStore, type RedisStoreOptions } from './redis/redis-store.ts';
export type { RunStore } from './store/run-store.ts';
