import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A database, and a way to end it. */
export interface Database {
  readonly url: string;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('postgres-process.ts', import.meta.url));

/** Uses the Postgres at `$DATABASE_URL`, or starts one that ends with this process at the latest. */
export async function startPostgres(): Promise<Database> {
  const url = process.env['DATABASE_URL'];
  if (url) return { url, stop: async () => {} };
  // In a process group of its own, so that Ctrl+C does not end it before the replicas that use it.
  const child = fork(PROGRAM, { detached: true });
  const exited = once(child, 'exit');
  const [answer] = await Promise.race([once(child, 'message'), exited]);
  if (typeof answer !== 'string') throw new Error('Postgres did not start. Give the address of one in DATABASE_URL.');
  return {
    url: answer,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
