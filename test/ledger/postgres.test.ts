import type { ClaimOutcome, RunStore } from '@cluster-leader/ledger';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { runStoreContract } from '@cluster-leader/testing';
import { Client, Pool } from 'pg';
import { afterAll, describe, expect, inject, it } from 'vitest';

const url = inject('stores').find(({ kind }) => kind === 'Postgres')?.url;

/** Writes a batch in the order in which it was given. */
const unsorted = (pool: Pool): RunStore => {
  const store = postgresStore(pool);
  const claim: RunStore['claim'] = async (holder, claims, limits) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const outcomes: ClaimOutcome[] = [];
      for (const one of claims) outcomes.push(...(await postgresStore(client).claim(holder, [one], limits)));
      return outcomes;
    } finally {
      await client.query('commit');
      client.release();
    }
  };
  return Object.assign(store, { claim });
};

describe.skipIf(url === undefined)('postgresStore', () => {
  const pool = new Pool({ connectionString: url });
  afterAll(() => pool.end());

  it.each(runStoreContract(() => postgresStore(pool)))('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });

  it('fails the contract if a batch is written unsorted', async () => {
    const deadlock = runStoreContract(() => unsorted(pool)).find(({ id }) => id === 'claim-deadlock');
    // The deadlock itself, or the next statement in the transaction that it has aborted.
    await expect(deadlock?.run()).rejects.toMatchObject({ code: expect.stringMatching(/^(40P01|25P02)$/) });
  });

  it('creates its tables once, for many replicas that start together', async () => {
    const schema = `migrate_${process.pid}`;
    await pool.query(`create schema ${schema}`);
    const replicas = Array.from({ length: 8 }, () => {
      return new Client({ connectionString: url, options: `-c search_path=${schema}` });
    });
    await Promise.all(replicas.map((client) => client.connect()));
    try {
      await Promise.all(replicas.map((client) => postgresStore(client).migrate()));
      const { rows } = await pool.query('select count(*)::int as n from pg_tables where schemaname = $1', [schema]);
      expect(rows).toEqual([{ n: 5 }]);
    } finally {
      await Promise.all(replicas.map((client) => client.end()));
      await pool.query(`drop schema ${schema} cascade`);
    }
  });

  it('gives a claim up if a rival holds the slot in an open transaction', async () => {
    const store = postgresStore(pool);
    await store.migrate();
    const rival = await pool.connect();
    const holder = { id: `holder-${process.pid}`, namespace: `blocked-${process.pid}`, pod: 'pod' };
    const slot = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    try {
      await rival.query('begin');
      await rival.query(
        `insert into cluster_leader_runs (ns, job, slot, state, attempt, holder, pod, made_up, claimed_at)
         values ($1, 'job', $2, 'running', 1, 'rival', 'pod', false, now())`,
        [holder.namespace, slot.toISOString()],
      );
      const claims = [{ job: 'job', slot, madeUp: false }];
      const claim = store.claim(holder, claims, { aheadMs: 5_000, retentionMs: 86_400_000 });
      await expect(claim).rejects.toMatchObject({ code: '55P03' });
    } finally {
      await rival.query('rollback');
      rival.release();
    }
    expect(await store.runs(holder.namespace, { limit: 1 })).toEqual([]);
    const { rows } = await pool.query('show lock_timeout');
    expect(rows, 'the connections of the pool are as they were').toEqual([{ lock_timeout: '0' }]);
  });
});
