import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { RunStore } from '../store/run-store.ts';
import { claim, finish, release, unclaimed } from './claims.ts';
import { register, selectJobs, settle } from './jobs.ts';
import { PostgresLink, type PostgresClient, type PostgresPool } from './link.ts';
import { note, prune, selectSkips, selectTerms } from './notes.ts';
import { beat, interrupted, selectRuns, takeOver } from './runs.ts';
import { POSTGRES_RELATIONS, POSTGRES_SCHEMA } from './schema.ts';

/**
 * Returns a store in Postgres, version 12 or newer, in the first schema of the connection's `search_path`.
 *
 * Takes a `Pool` or a connected `Client` of `pg`, and never ends it. The ledger creates its tables at start; if the app may
 * not, apply `@cluster-leader/ledger/postgres.sql` beforehand. A call rejects if it waits two seconds for a connection of
 * the pool, or for a row that another transaction has locked.
 *
 * @example
 * const ledger = new RunLedger({ namespace: 'billing', store: postgresStore(new Pool()) });
 */
export function postgresStore(pool: PostgresPool | PostgresClient): RunStore {
  if (typeof pool?.query !== 'function') throw invalidOption('pool', pool, 'a Pool or a connected Client of pg');
  return new PostgresStore(new PostgresLink(pool));
}

class PostgresStore implements RunStore {
  readonly #link: PostgresLink;

  constructor(link: PostgresLink) {
    this.#link = link;
  }

  async migrate(): Promise<void> {
    const [row] = await this.#link.query(
      'select every(to_regclass(name) is not null) as exists from unnest($1::text[]) as t(name)',
      [POSTGRES_RELATIONS],
    );
    if (row?.['exists'] === true) return;
    // Without values, pg sends all statements at once, and Postgres runs them in one transaction. The lock lets one replica
    // in at a time: two `create table if not exists` at once can fail on the catalogue's unique index.
    await this.#link.query(`select pg_advisory_xact_lock(hashtext('cluster_leader_migrate'));\n${POSTGRES_SCHEMA}`);
  }

  register: RunStore['register'] = async (namespace, jobs) =>
    jobs.length === 0 ? [] : register(this.#link, namespace, jobs);

  claim: RunStore['claim'] = async (holder, claims, limits) =>
    claims.length === 0 ? [] : claim(this.#link, holder, claims, limits);

  release: RunStore['release'] = async (holder, slots) => {
    if (slots.length > 0) await release(this.#link, holder, slots);
  };

  finish: RunStore['finish'] = async (holder, ends) => (ends.length === 0 ? [] : finish(this.#link, holder, ends));

  unclaimed: RunStore['unclaimed'] = (namespace, asked) => unclaimed(this.#link, namespace, asked);

  settle: RunStore['settle'] = async (namespace, settlements) =>
    settlements.length === 0 ? [] : settle(this.#link, namespace, settlements);

  beat: RunStore['beat'] = (holder, expiryMs) => beat(this.#link, holder, expiryMs);

  interrupted: RunStore['interrupted'] = (namespace, query) => interrupted(this.#link, namespace, query);

  takeOver: RunStore['takeOver'] = (holder, run, expiryMs) => takeOver(this.#link, holder, run, expiryMs);

  note: RunStore['note'] = (holder, notes) => note(this.#link, holder, notes);

  prune: RunStore['prune'] = (namespace, retentionMs) => prune(this.#link, namespace, retentionMs);

  runs: RunStore['runs'] = (namespace, query) => selectRuns(this.#link, namespace, query);

  terms: RunStore['terms'] = (namespace, query) => selectTerms(this.#link, namespace, query);

  skips: RunStore['skips'] = (namespace, query) => selectSkips(this.#link, namespace, query);

  jobs: RunStore['jobs'] = (namespace) => selectJobs(this.#link, namespace);

  async close(): Promise<void> {}
}
