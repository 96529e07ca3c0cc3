// Three replicas of index.ts on this machine, each beside its own sidecar, on one Postgres. End it with Ctrl+C.
import { fileURLToPath } from 'node:url';
import { PostgresBackend } from '@agendajs/postgres-backend';
import { startReplicas } from '@cluster-leader/cli';
import { startPostgres } from './postgres.ts';

/** Short, so that a take-over does not take long; Kubernetes runs with 10 to 15 s. */
const LEASE_MS = 3_000;

const database = await startPostgres();
const tables = new PostgresBackend({ connectionString: database.url });
await tables.connect();
await tables.disconnect();

const set = await startReplicas({
  command: [
    process.execPath,
    '--conditions=@cluster-leader/source',
    fileURLToPath(new URL('index.ts', import.meta.url)),
  ],
  leaseDurationMs: LEASE_MS,
  env: { ...process.env, DATABASE_URL: database.url, HAS_TABLES: 'yes', CLUSTER_LEADER_LEASE: `${LEASE_MS}ms` },
  onOutput: (name, lines) => lines.forEach((line) => console.log(`${name}  ${line}`)),
});

async function end(): Promise<void> {
  await set.close();
  await database.stop();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
