import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface ChildResult {
  /** Null where it had to be killed, because it would not exit by itself. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a TypeScript module in a process of its own, in which `@cluster-leader/core` is the source. */
export async function runChild(
  source: string,
  { env = {}, patienceMs = 8_000 }: { readonly env?: NodeJS.ProcessEnv; readonly patienceMs?: number } = {},
): Promise<ChildResult> {
  const startedAtMs = performance.now();
  const args = ['--conditions=@cluster-leader/source', '--input-type=module-typescript', '--eval', source];
  const child = spawn(process.execPath, args, {
    cwd: PACKAGE,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  clearTimeout(killer);
  return { code, stdout, stderr, durationMs: performance.now() - startedAtMs };
}
