// Runs three replicas of index.ts on this machine, each with its own sidecar, on one Postgres. Stop them with Ctrl+C.
import { fileURLToPath } from 'node:url';
import { PostgresBackend } from '@agendajs/postgres-backend';
import { startReplicas } from '@cluster-leader/cli';
import { startPostgres } from 'example-postgres';

/** Short, so that a take-over is quick. Sidecars on Kubernetes use 10 to 15 s. */
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
  env: { ...process.env, DATABASE_URL: database.url, HAS_TABLES: 'yes' },
  onOutput: (name, lines) => lines.forEach((line) => console.log(`${name}  ${line}`)),
});

async function end(): Promise<void> {
  await set.close();
  await database.stop();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
