import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from 'example-postgres/free-port';
import type { KillableDatabase } from './killable-database.ts';

/** Creates a Redis that has written each command to its folder before it answers. */
export async function createRedis(): Promise<KillableDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'killable-redis-'));
  const port = await freePort();
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
  let server: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'close');
  }
  async function start(): Promise<void> {
    const flags = ['--port', String(port), '--bind', '127.0.0.1', ...durable];
    server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout === null) throw new Error('The process has no stdout.');
    let isReady = false;
    for await (const line of createInterface(server.stdout)) {
      isReady = line.includes('Ready to accept');
      if (isReady) break;
    }
    server.stdout.resume();
    if (!isReady) throw new Error('Redis did not start.');
  }
  process.once('exit', () => server?.kill('SIGKILL'));
  await start();
  const end = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { kind: 'Redis', url: `redis://127.0.0.1:${port}`, kill, start, end };
}
