import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../examples/agenda/replicas.ts');
const REPLICAS = ['pod-1', 'pod-2', 'pod-3'];

it('the Agenda example starts three replicas: the leader reports, all make thumbnails, and all drain at the end', async () => {
  const child = spawn(process.execPath, ['--conditions=@cluster-leader/source', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const did = { reported: new Set<string>(), made: new Set<string>(), drained: new Set<string>() };
  let isEnding = false;
  for await (const line of createInterface(child.stdout)) {
    const [name = '', what = ''] = line.split(/[ ,]+/);
    if (what === 'reported' || what === 'made' || what === 'drained') did[what].add(name);
    if (isEnding || did.reported.size === 0 || did.made.size < REPLICAS.length) continue;
    isEnding = true;
    child.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
  expect([...did.reported]).toEqual(['pod-1']);
  expect([...did.drained].toSorted()).toEqual(REPLICAS);
}, 60_000);
