import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../examples/nestjs/replicas.ts');

it('runs the NestJS example as three replicas by one command: three jobs on one, one on each, all healthy', async () => {
  const firstPort = await freePort();
  const child = spawn(process.execPath, ['--conditions=@cluster-leader/source', PROGRAM], {
    env: { ...process.env, FIRST_PORT: String(firstPort) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const did: Record<string, Set<string>> = { 'pod-1': new Set(), 'pod-2': new Set(), 'pod-3': new Set() };
  for await (const line of createInterface(child.stdout)) {
    const [, name = '', what] = /^(\S+) .*\[Jobs\] (\w+)/.exec(line) ?? [];
    if (what !== undefined) did[name]?.add(what);
    const isDone = Object.values(did).every((set) => set.has('refreshed')) && (did['pod-1']?.size ?? 0) >= 5;
    if (isDone) break;
  }
  for (const [index, standing] of ['leader', 'follower', 'follower'].entries()) {
    const response = await fetch(`http://127.0.0.1:${firstPort + index}/health`);
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining(`"standing":"${standing}"`),
    ]);
  }
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  const others = ['refreshed'];
  expect(Object.values(did).map((set) => [...set].toSorted())).toEqual([
    ['billed', 'refreshed', 'reported', 'swept', 'this'],
    others,
    others,
  ]);
}, 60_000);

/** A port that is free, and with any luck the two after it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
