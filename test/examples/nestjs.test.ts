import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../examples/nestjs');

it('the NestJS example starts three healthy replicas: the leader runs all jobs, the others only the one for every replica', async () => {
  const manifest: { readonly scripts: { readonly dev: string } } = JSON.parse(
    readFileSync(join(FOLDER, 'package.json'), 'utf8'),
  );
  const child = spawn('sh', ['-c', `exec ${manifest.scripts.dev}`], {
    cwd: FOLDER,
    env: { ...process.env, NO_COLOR: '1', PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const did: Record<string, Set<string>> = { 'pod-1': new Set(), 'pod-2': new Set(), 'pod-3': new Set() };
  const ports: Record<string, string> = {};
  for await (const line of createInterface(child.stdout)) {
    const [, replica = '', port] = /(pod-\d) runs with PORT=(\d+)/.exec(line) ?? [];
    if (port !== undefined) ports[replica] = port;
    const [, name = '', what] = /^(\S+) .*\[Jobs\] (\w+)/.exec(line) ?? [];
    if (what !== undefined) did[name]?.add(what);
    const isDone = Object.values(did).every((set) => set.has('refreshed')) && (did['pod-1']?.size ?? 0) >= 5;
    if (isDone) break;
  }
  for (const [replica, standing] of Object.entries({ 'pod-1': 'leader', 'pod-2': 'follower', 'pod-3': 'follower' })) {
    const response = await fetch(`http://127.0.0.1:${ports[replica]}/health`);
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
