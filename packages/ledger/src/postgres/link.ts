import { LATEST_EFFECT_MS } from '../store/run-store.ts';

/** A row as the driver returns it. The statements name its columns and cast them. */
export type Row = Record<string, unknown>;

interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** What the store uses of a connected `Client` of `pg`. */
export interface PostgresClient extends Queryable {}

interface PooledClient extends Queryable {
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** What the store uses of a `Pool` of `pg`. */
export interface PostgresPool extends Queryable {
  readonly totalCount: number;
  connect(): Promise<PooledClient>;
}

/** How long a call may wait for a connection, and then for a row that another transaction holds, in milliseconds. */
const LONGEST_WAIT_MS = LATEST_EFFECT_MS / 2 - 500;

/** Serialization failure and deadlock: Postgres has rolled the statement back, so it can run again. */
const RETRIED = new Set(['40001', '40P01']);
const MOST_RETRIES = 5;

/**
 * A first part of a statement, to be read from by its other parts: no lock is waited for longer than this.
 *
 * Unlike `statement_timeout`, `lock_timeout` takes effect within the statement that sets it, so it costs no round trip and
 * leaves the connection of the pool as it was.
 */
export const LIMITED: string = `limited as materialized (select set_config('lock_timeout', '${LONGEST_WAIT_MS}', true))`;

/** Runs statements, again if Postgres has rolled them back for a rival's sake, and never late. */
export class PostgresLink {
  readonly #source: PostgresPool | PostgresClient;

  constructor(source: PostgresPool | PostgresClient) {
    this.#source = source;
  }

  async query(text: string, values?: unknown[]): Promise<Row[]> {
    const startedAt = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const source = this.#source;
        return await ('totalCount' in source ? queryPool(source, text, values) : queryOne(source, text, values));
      } catch (error) {
        const isLate = performance.now() - startedAt >= LONGEST_WAIT_MS;
        if (isLate || attempt > MOST_RETRIES || !RETRIED.has(codeOf(error))) throw error;
      }
    }
  }
}

async function queryOne(client: Queryable, text: string, values: unknown[] | undefined): Promise<Row[]> {
  return (await client.query(text, values)).rows;
}

async function queryPool(pool: PostgresPool, text: string, values: unknown[] | undefined): Promise<Row[]> {
  const startedAt = performance.now();
  const client = await pool.connect();
  let isBroken = false;
  // Without a listener, a connection that breaks during the query ends the process.
  const onError = (): void => void (isBroken = true);
  client.on('error', onError);
  try {
    if (performance.now() - startedAt >= LONGEST_WAIT_MS) throw new Error('The pool had no free connection in time.');
    return await queryOne(client, text, values);
  } catch (error) {
    // Postgres answers a wrong statement with a code; after anything else the state of the connection is unknown.
    isBroken ||= !/^[0-9A-Z]{5}$/.test(codeOf(error));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(isBroken);
  }
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
