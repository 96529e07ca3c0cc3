import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MongoBackend } from '@agendajs/mongo-backend';
import { PostgresBackend } from '@agendajs/postgres-backend';
import { RedisBackend } from '@agendajs/redis-backend';
import type { AgendaBackend } from 'agenda';
import { startPostgres, type Database } from 'example-postgres';
import { freePort } from 'example-postgres/free-port';

export type Kind = 'Postgres' | 'Redis' | 'MongoDB';

export const KINDS: readonly Kind[] = ['Postgres', 'Redis', 'MongoDB'];

/** Returns a unique name that separates the jobs of one test from all others. */
export function newSpace(): string {
  return `test_${randomUUID().replaceAll('-', '')}`;
}

/** Starts or finds every database that is available. */
export async function startDatabases(): Promise<readonly (Database & { readonly kind: Kind })[]> {
  const started = await Promise.all(KINDS.map(async (kind) => ({ kind, database: await startDatabase(kind) })));
  return started.flatMap(({ kind, database }) => (database === undefined ? [] : [{ kind, ...database }]));
}

/** Starts or finds a database of this kind; prints a warning and resolves with undefined if there is none. */
async function startDatabase(kind: Kind): Promise<Database | undefined> {
  try {
    if (kind === 'Postgres') return await startPostgres();
    if (kind === 'Redis') return await startRedis();
    const url = process.env['MONGODB_URI'];
    if (!url) throw new Error('$MONGODB_URI is not set');
    return { url, stop: async () => {} };
  } catch (error) {
    console.warn(`\n!!! SKIPPED: nothing was tested on ${kind}. ${String(error)}\n`);
    return undefined;
  }
}

/** Returns a backend that shares no tables or keys with other spaces in the same database. */
export function backendOf(kind: Kind, url: string, space: string): AgendaBackend {
  if (kind === 'Postgres') {
    const names = { tableName: space, channelName: space, logTableName: `${space}_logs` };
    return new PostgresBackend({ connectionString: url, ...names });
  }
  if (kind === 'Redis') return new RedisBackend({ connectionString: url, keyPrefix: `${space}:`, channelName: space });
  return new MongoBackend({ address: url, collection: space });
}

/** Uses the Redis at `$REDIS_URL`, or starts Debian's redis-server on a free port. */
export async function startRedis(): Promise<Database> {
  const url = process.env['REDIS_URL'];
  if (url) return { url, stop: async () => {} };
  const port = await freePort();
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => server.kill());
  await Promise.race([
    once(server, 'spawn'),
    once(server, 'error').then(([error]) => Promise.reject(new Error(`$REDIS_URL is not set, and: ${String(error)}`))),
  ]);
  for await (const line of createInterface(server.stdout)) if (line.includes('Ready to accept')) break;
  server.stdout.resume();
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}
