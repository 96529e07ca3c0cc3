import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startElection } from '@cluster-leader/testing';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../examples/croner/index.ts');

it('a job of croner runs in the slots of its schedule, each once, and ends on SIGTERM', async ({ onTestFinished }) => {
  const election = await startElection({ candidates: 1 });
  onTestFinished(() => election.close());
  const env = { ...process.env, ...election.candidates[0]?.env };
  const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
  const child = spawn(process.execPath, [...flags, PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');

  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 3) child.kill('SIGTERM');
  }

  await exited;
  expect(child.exitCode).toBe(0);
  expect(new Set(lines).size).toBe(lines.length);
  for (const line of lines) expect(line).toMatch(/^billed billing\/bill\/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
});
