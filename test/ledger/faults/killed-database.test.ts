import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Cluster } from './cluster.ts';
import { createPostgres } from './killable-postgres.ts';
import { createRedis } from './killable-redis.ts';

const stores = inject('stores');
const traceUrl = stores.find(({ kind }) => kind === 'Postgres')?.url ?? '';
// A database that was given by its address cannot be killed, and its programs may not be on this machine.
const databases = [
  { kind: 'Postgres', address: 'DATABASE_URL', create: () => createPostgres(traceUrl) },
  { kind: 'Redis', address: 'REDIS_URL', create: createRedis },
].filter((one) => stores.some(({ kind }) => kind === one.kind) && !process.env[one.address]);
/** How many slots are due while there is no database. */
const SLOTS_WITHOUT = 2;
/** How many slots are due after the database has started again. */
const SLOTS_AFTER = 3;

describe.skipIf(traceUrl === '')('A database that is killed and started again', { timeout: 40_000 }, () => {
  it.for(databases)('leaves no slot missing, and none run twice ($kind)', async ({ create }) => {
    const database = await create();
    onTestFinished(() => database.end());
    const cluster = await new Cluster({ store: database, traceUrl, workMs: 400 }).prepare();
    onTestFinished(() => cluster.end());
    const replicas = await Promise.all([cluster.start('pod-1'), cluster.start('pod-2')]);
    await Promise.all(replicas.map((replica) => replica.elect()));
    await cluster.next('began');
    await cluster.next('began'); // the database is killed in the middle of this run
    await database.kill();
    await cluster.until(() => cluster.count('not-claimed') >= SLOTS_WITHOUT * replicas.length);
    await database.start();
    await cluster.until(() => cluster.count('available') >= replicas.length);
    const lastMs = (await cluster.next('began')) + SLOTS_AFTER * 1_000;
    await cluster.untilCovered(lastMs);
    const outcome = await cluster.outcome(lastMs);
    expect(outcome).toMatchObject({ missing: [], repeated: [] });
    expect(outcome.madeUp, 'slots were due while there was no database').toBeGreaterThanOrEqual(SLOTS_WITHOUT);
  });
});
