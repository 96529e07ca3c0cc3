import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LIMIT_MS = 90_000;

/**
 * Runs the README's command for three replicas in `app`, and kills the leader. Resolves with the names of the two
 * replicas that ran the job, in order.
 */
export async function runReadmeReplicas(app: string): Promise<readonly string[]> {
  const readme = readFileSync(new URL('../../packages/nestjs/README.md', import.meta.url), 'utf8');
  const line = /^npx .* dev -- .*$/m.exec(readme)?.[0];
  assert.ok(line !== undefined, 'the README has a command for three replicas');
  const replica = readFileSync(join(app, 'dist', 'replica.js'), 'utf8');
  writeFileSync(join(app, 'dist', 'main.js'), `console.log('pid', process.pid);\n${replica}`);

  // In a process group of its own, as in a terminal, so that one signal ends all processes.
  const shell = spawn(line, { cwd: app, detached: true, shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(shell, 'exit');
  const pids: Record<string, number> = {};
  const ran: string[] = [];
  const timer = setTimeout(() => shell.kill('SIGKILL'), LIMIT_MS);
  try {
    for await (const output of createInterface(shell.stdout)) {
      const [, name = '', what, number] = /^(\S+) +\| (pid|ran) (\d+)$/.exec(output) ?? [];
      if (what === 'pid') pids[name] = Number(number);
      if (what !== 'ran' || ran.at(-1) === name) continue;
      ran.push(name);
      if (ran.length === 2) break;
      const pid = pids[name];
      assert.ok(pid !== undefined, `${name} has printed its pid`);
      process.kill(pid, 'SIGKILL');
    }
  } finally {
    clearTimeout(timer);
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGINT');
    await exited;
  }
  assert.equal(ran.length, 2, `the job ran on ${ran.join(', then on ')}`);
  return ran;
}
