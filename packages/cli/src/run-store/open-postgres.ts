import { postgresStore, type PostgresPool } from '@cluster-leader/ledger/postgres';
import { findDriver, missingDriver } from './driver.ts';
import { CONNECT_LIMIT_MS, type OpenedStore } from './opened-store.ts';

/** The part of `pg` that is used. */
interface Driver {
  readonly Pool: new (options: object) => PostgresPool & {
    on(event: 'error', listener: () => void): unknown;
    end(): Promise<void>;
  };
}

/** Opens the Postgres at this URL. It connects with the first call. */
export function openPostgres(url: string): OpenedStore {
  const driver = findDriver<Driver>('pg', 'Pool');
  if (driver === undefined) throw missingDriver('pg');
  const pool = new driver.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  // Without a listener, an idle connection that breaks ends the process. The next call opens another one.
  pool.on('error', () => {});
  return { store: postgresStore(pool), close: () => pool.end() };
}
