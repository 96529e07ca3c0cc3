import type { Pool } from 'pg';
import type { PostgresPool } from '@cluster-leader/ledger/postgres';

/** A pool that counts the statements that are sent through it. */
export function countingPool(pool: Pool): PostgresPool & { readonly statements: number } {
  let statements = 0;
  return {
    get statements() {
      return statements;
    },
    get totalCount() {
      return pool.totalCount;
    },
    query(text, values) {
      statements += 1;
      return pool.query(text, values);
    },
    async connect() {
      const client = await pool.connect();
      return {
        query(text, values) {
          statements += 1;
          return client.query(text, values);
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
      };
    },
  };
}
