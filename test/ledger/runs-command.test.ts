import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunStore } from '@cluster-leader/ledger';
import { mongoStore } from '@cluster-leader/ledger/mongodb';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { redisStore } from '@cluster-leader/ledger/redis';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { Pool } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../../packages/cli/src/bin.ts', import.meta.url));

interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cluster-leader runs` in a folder; that of these tests has all drivers. */
function listRuns(
  url: string,
  namespace: string,
  options: readonly string[] = [],
  cwd = import.meta.dirname,
): Promise<Outcome> {
  const command = ['--disable-warning=ExperimentalWarning', '--conditions=@cluster-leader/source', BIN, 'runs'];
  const args = [...command, '--namespace', namespace, ...options];
  // With NODE_PATH, as package managers set it, drivers would be found that the folder does not have.
  const env = { ...process.env, NODE_PATH: '', CLUSTER_LEADER_STORE: url };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** Makes the folder of an app that has installed these drivers only. */
function appWith(...drivers: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'app-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  for (const driver of drivers) {
    symlinkSync(join(import.meta.dirname, '../node_modules', driver), join(folder, 'node_modules', driver));
  }
  return folder;
}

function urlOf(kind: string): string | undefined {
  return inject('stores').find((store) => store.kind === kind)?.url;
}

/** Records a run that failed and one that is under way, and returns their namespace. */
async function record(store: RunStore): Promise<string> {
  const namespace = `runs-${randomUUID()}`;
  const holder = { id: `holder-${namespace}`, namespace, pod: 'pod-1' };
  const slot = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  await store.migrate();
  const claims = ['bill', 'mail'].map((job) => ({ job, slot, madeUp: false, fencingToken: 7n }));
  await store.claim(holder, claims, { aheadMs: 5_000, retentionMs: 86_400_000 });
  await store.finish(holder, [{ job: 'bill', slot, attempt: 1, state: 'failed', error: 'no paper' }]);
  return namespace;
}

function shown(stdout: string): readonly unknown[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

const RUNS = [
  { kind: 'run', job: 'bill', state: 'failed', error: 'no paper', fencingToken: '7' },
  { kind: 'run', job: 'mail', state: 'running', pod: 'pod-1' },
];

const postgres = urlOf('Postgres');

describe.skipIf(postgres === undefined)('cluster-leader runs, on Postgres', () => {
  it('lists what the ledger recorded, and ends', async () => {
    const pool = new Pool({ connectionString: postgres });
    const namespace = await record(postgresStore(pool));
    await pool.end();
    const all = await listRuns(postgres ?? '', namespace, ['--json']);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(shown(all.stdout)).toMatchObject(RUNS);
    const { stdout } = await listRuns(postgres ?? '', namespace, ['--state', 'failed']);
    expect(stdout).toMatch(/^SLOT .*\n\S+ {2}bill .* failed .*\n$/);
  });

  it('says that the tables are missing, and creates none', async () => {
    const pool = new Pool({ connectionString: postgres });
    const schema = `runs_${process.pid}`;
    await pool.query(`create schema ${schema}`);
    const url = new URL(postgres ?? '');
    url.searchParams.set('options', `-c search_path=${schema}`);
    try {
      const { code, stdout, stderr } = await listRuns(url.href, 'billing');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^cluster-leader runs: the database has no tables of the ledger\. .*search_path/);
      const { rows } = await pool.query('select tablename from pg_tables where schemaname = $1', [schema]);
      expect(rows).toEqual([]);
    } finally {
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
    }
  });
});

const redis = urlOf('Redis');

describe.skipIf(redis === undefined)('cluster-leader runs, on Redis', () => {
  it.each(['redis', 'ioredis'])('lists what the ledger recorded, and ends, with the driver %s', async (driver) => {
    const client = new Redis(redis ?? '', { lazyConnect: true });
    await client.connect();
    const namespace = await record(redisStore(client));
    client.disconnect();
    const all = await listRuns(redis ?? '', namespace, ['--json'], appWith(driver));
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(shown(all.stdout)).toMatchObject(RUNS);
  });
});

const mongodb = urlOf('MongoDB');

it.skipIf(mongodb === undefined)(
  'cluster-leader runs lists what the ledger recorded in MongoDB, and ends',
  async () => {
    const client = new MongoClient(mongodb ?? '');
    const namespace = await record(mongoStore(client.db()));
    await client.close();
    const all = await listRuns(mongodb ?? '', namespace, ['--json']);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(shown(all.stdout)).toMatchObject(RUNS);
  },
);

it.each(['postgres', 'redis'])('names the failure and no password if nothing listens: %s', async (scheme) => {
  const { code, stdout, stderr } = await listRuns(`${scheme}://me:secret@127.0.0.1:1`, 'billing');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe('cluster-leader runs: the store could not be read: connect ECONNREFUSED 127.0.0.1:1\n');
});

it.each([
  {
    scheme: 'postgres',
    says: 'run "npm install pg" in this folder, or start the command in the folder of an app that has pg',
  },
  {
    scheme: 'redis',
    says: 'run "npm install redis" in this folder, or start the command in the folder of an app that has redis or ioredis',
  },
  {
    scheme: 'mongodb',
    says: 'run "npm install mongodb" in this folder, or start the command in the folder of an app that has mongodb',
  },
])('says which driver to install, and no password: $scheme', async ({ scheme, says }) => {
  const { code, stdout, stderr } = await listRuns(`${scheme}://me:secret@127.0.0.1:1`, 'billing', [], appWith());
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(`cluster-leader runs: the driver of the store is missing: ${says}\n`);
});
