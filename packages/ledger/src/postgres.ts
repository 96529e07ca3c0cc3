export { postgresStore } from './postgres/postgres-store.ts';
export type { PostgresClient, PostgresPool } from './postgres/link.ts';
export type { RunStore } from './store/run-store.ts';
