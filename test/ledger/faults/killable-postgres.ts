import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from 'example-postgres/free-port';
import { Client } from 'pg';
import type { KillableDatabase } from './killable-database.ts';

const READY = 'ready to accept connections';

/** Creates a Postgres with the programs, and as the user, of one that runs on this machine. */
export async function createPostgres(runningUrl: string): Promise<KillableDatabase> {
  const { bin, user } = await describe(runningUrl);
  const folder = mkdtempSync(join(tmpdir(), 'killable-postgres-'));
  chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  // Both flags leave writes to the operating system, which outlives the processes that are killed.
  const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { ...user, stdio: 'ignore' });
  const port = await freePort();
  const flags = ['-F', '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  let server: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'close'); // once the processes that it has started have noticed, too: they share its stderr
  }
  async function start(): Promise<void> {
    server = spawn(join(bin, 'postgres'), flags, { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
    if (server.stderr === null) throw new Error('The process has no stderr.');
    const lines: string[] = [];
    for await (const line of createInterface(server.stderr)) {
      lines.push(line);
      if (line.includes(READY)) break;
    }
    server.stderr.resume();
    if (!lines.at(-1)?.includes(READY)) throw new Error(`Postgres did not start:\n${lines.join('\n')}`);
  }
  process.once('exit', () => server?.kill('SIGKILL'));
  await start();
  const end = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { kind: 'Postgres', url: `postgresql://postgres@127.0.0.1:${port}/postgres`, kill, start, end };
}

interface Installation {
  readonly bin: string;
  readonly user: { readonly uid: number; readonly gid: number };
}

/** Finds the programs of a running Postgres, and its user: Postgres refuses to run as root. */
async function describe(url: string): Promise<Installation> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ bin: string; data: string }>(
      `select setting as bin, current_setting('data_directory') as data from pg_config where name = 'BINDIR'`,
    );
    const [{ bin, data } = { bin: '', data: '' }] = rows;
    const { uid, gid } = statSync(data);
    return { bin, user: { uid, gid } };
  } finally {
    await client.end();
  }
}
