import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { isGroupGone, signalGroup } from './replicas/signal-group.ts';
import type { FromSupervisor, ToSupervisor } from './replicas/supervisor-messages.ts';

// The program between a parent and the command that it runs. When the parent goes, however it goes, the channel closes,
// and the command's whole group of processes is killed: a command that ignores signals or runs in a shell is no exception.

/** How often is looked whether the last process of a group has ended: nobody tells. */
const LOOK_MS = 50;

let group: number | undefined;
/** Resolves when the time is over that the group has for its own end; undefined while nobody has asked it to end. */
let grace: Promise<void> | undefined;

process.on('message', (message: ToSupervisor) => {
  if (message.kind === 'run') run(message);
  else end(message);
});

function run({ argv, env, cwd, sidecarPid }: ToSupervisor & { readonly kind: 'run' }): void {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: 'inherit' });
  const { pid } = child;

  child.once('error', (error) => tell({ kind: 'failed', code: 'code' in error ? String(error.code) : error.message }));
  if (pid === undefined) return;

  group = pid;
  process.once('disconnect', () => {
    signalGroup(pid, 'SIGKILL');
    // A sidecar that is stopped sees only when it goes on that its parent is gone.
    if (sidecarPid !== undefined) wake(sidecarPid);
    process.exit();
  });
  child.once('exit', (code, signal) => void bury(pid).then(() => tell({ kind: 'exited', exit: { code, signal } })));
  tell({ kind: 'started', pid });
}

function end({ signal, graceMs }: ToSupervisor & { readonly kind: 'end' }): void {
  if (group === undefined) return;
  signalGroup(group, signal);
  signalGroup(group, 'SIGCONT');
  grace = kill(group, graceMs);
}

async function kill(pid: number, graceMs: number): Promise<void> {
  await setTimeout(graceMs);
  signalGroup(pid, 'SIGKILL');
}

/** What a container's first process leaves behind dies with it, but for what is asked to end and has time left. */
async function bury(pid: number): Promise<void> {
  if (grace !== undefined) await Promise.race([grace, untilGone(pid)]);
  signalGroup(pid, 'SIGKILL');
}

/** A shell or npm ends at once by SIGTERM, while the app below it still takes its leave. */
async function untilGone(pid: number): Promise<void> {
  while (!isGroupGone(pid)) await setTimeout(LOOK_MS);
}

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
