import { spawn } from 'node:child_process';
import { signalGroup } from './replicas/signal-group.ts';
import type { FromSupervisor, ToSupervisor } from './replicas/supervisor-messages.ts';

// The program between a parent and the command that it runs. When the parent goes, however it goes, the channel closes,
// and the command's whole group of processes is killed: a command that ignores signals or runs in a shell is no exception.

process.once('message', (message: ToSupervisor) => {
  const { argv, env, cwd, sidecarPid } = message;
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: 'inherit' });
  const { pid } = child;

  child.once('error', (error) => tell({ kind: 'failed', code: 'code' in error ? String(error.code) : error.message }));
  if (pid === undefined) return;

  process.once('disconnect', () => {
    signalGroup(pid, 'SIGKILL');
    // A sidecar that is stopped sees only when it goes on that its parent is gone.
    if (sidecarPid !== undefined) wake(sidecarPid);
    process.exit();
  });
  child.once('exit', (code, signal) => {
    // What a container's first process leaves behind dies with it.
    signalGroup(pid, 'SIGKILL');
    tell({ kind: 'exited', exit: { code, signal } });
  });
  tell({ kind: 'started', pid });
});

function tell(message: FromSupervisor): void {
  // Where the channel has closed meanwhile, 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {
    if (message.kind !== 'started' && process.connected) process.disconnect();
  });
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It is gone already.
  }
}
