import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Kills process `pid` when this process ends, however it ends; returns a function that calls this off.
 *
 * A stopped process cannot notice by itself that its parent is gone. The guard is a shell whose standard input closes
 * with this process. It runs in its own session, so that Ctrl-C in the terminal does not reach it.
 */
export function guardProcess(pid: number): () => void {
  const script = `read -r _; kill -KILL ${pid}`;
  const guard = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // A system without /bin/sh has no guard. Windows needs none, since it has no SIGSTOP.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  letProcessEnd(guard);
  return () => guard.kill('SIGKILL');
}

/** Stops `child` and its standard input from keeping this process alive. */
function letProcessEnd(child: ChildProcess): void {
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
}
