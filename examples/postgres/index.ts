import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A running database. */
export interface Database {
  readonly url: string;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('postgres-process.ts', import.meta.url));

/** Uses the Postgres at `$DATABASE_URL`, or starts one that ends at the latest when this process does. */
export async function startPostgres(): Promise<Database> {
  const url = process.env['DATABASE_URL'];
  if (url) return { url, stop: async () => {} };
  // In its own process group: Ctrl+C must not end it before the replicas that use it.
  const child = fork(PROGRAM, { detached: true });
  const exited = once(child, 'exit');
  const [message] = await Promise.race([once(child, 'message'), exited]);
  if (typeof message !== 'string')
    throw new Error('Postgres did not start. Set DATABASE_URL to the address of a running one.');
  return {
    url: message,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
