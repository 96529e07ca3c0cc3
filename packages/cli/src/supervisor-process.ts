import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { isGroupGone, signalGroup } from './processes/signal-group.ts';
import type { FromSupervisor, ToSupervisor } from './processes/supervisor-messages.ts';

// The program between a parent and the command that it runs. When the parent ends, however it ends, the channel closes,
// and the command's whole group of processes is killed: even if the command ignores signals or runs in a shell.

/** How often a group is checked for processes that are left: no event reports that the last one has ended. */
const LOOK_MS = 50;

let group: number | undefined;
/** Resolves when the group's time to end by itself is over; undefined before it was asked to end. */
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
    // A sidecar that is paused notices only when it is resumed that its parent is gone.
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

/** Kills what the command leaves behind, once the grace is over if it was asked to end. */
async function bury(pid: number): Promise<void> {
  if (grace !== undefined) await Promise.race([grace, untilGone(pid)]);
  signalGroup(pid, 'SIGKILL');
}

/** A shell or npm ends at once by SIGTERM, while the app below it still shuts down. */
async function untilGone(pid: number): Promise<void> {
  while (!isGroupGone(pid)) await setTimeout(LOOK_MS);
}

function tell(message: FromSupervisor): void {
  // If the channel has closed meanwhile, 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {
    if (message.kind !== 'started' && process.connected) process.disconnect();
  });
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended already.
  }
}
