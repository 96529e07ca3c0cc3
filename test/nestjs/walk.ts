import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LIMIT_MS = 90_000;

/** Runs the README's script of three replicas in `app`, as it stands; resolves with the two that ran the job, one after the other. */
export async function walkReadme(app: string): Promise<readonly string[]> {
  const readme = readFileSync(new URL('../../packages/nestjs/README.md', import.meta.url), 'utf8');
  const script = /^```js\n(?<code>.*?)^```/ms.exec(readme)?.groups?.['code'];
  assert.ok(script !== undefined, 'the README has a script');
  writeFileSync(join(app, 'replicas.mjs'), script);
  copyFileSync(join(app, 'dist', 'replica.js'), join(app, 'dist', 'main.js'));

  // In a process group of its own, as on a terminal, so that the end of it is the end of all.
  const shell = spawn(process.execPath, ['replicas.mjs'], {
    cwd: app,
    detached: true,
    env: { ...process.env, LEASE_DURATION_MS: '10000', NODE_OPTIONS: '--disable-warning=ClusterLeaderWarning' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(shell, 'exit');
  const ran: string[] = [];
  const timer = setTimeout(() => shell.kill('SIGKILL'), LIMIT_MS);
  try {
    for await (const line of createInterface(shell.stdout)) {
      const name = /^(\S+) ran \d+$/.exec(line)?.[1];
      if (name !== undefined && ran.at(-1) !== name) ran.push(name);
      if (ran.length === 2) break;
    }
  } finally {
    clearTimeout(timer);
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGINT');
    await exited;
  }
  assert.equal(ran.length, 2, `the job ran on ${ran.join(', then on ')}`);
  return ran;
}
