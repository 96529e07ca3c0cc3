import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { isGroupGone, signalGroup } from './processes/signal-group.ts';
import type { FromSupervisor, ToSupervisor } from './processes/supervisor-messages.ts';

// The process between a parent and the command that it runs. When the parent ends, for whatever reason, the IPC channel
// closes, and the command's whole process group is killed, even if the command ignores signals or runs in a shell.

/** How often a group is checked for processes: no event reports that the last one has ended. */
const CHECK_MS = 50;

let group: number | undefined;
/** Resolves when the group has been killed after its grace period; undefined before it is asked to end. */
let grace: Promise<void> | undefined;

process.on('message', (message: ToSupervisor) => {
  if (message.kind === 'run') run(message);
  else end(message);
});

function run({ argv, env, cwd, sidecarPid }: ToSupervisor & { readonly kind: 'run' }): void {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: 'inherit' });
  const { pid } = child;

  child.once('error', (error) => send({ kind: 'failed', code: 'code' in error ? String(error.code) : error.message }));
  if (pid === undefined) return;

  group = pid;
  process.once('disconnect', () => {
    signalGroup(pid, 'SIGKILL');
    // A paused sidecar cannot notice that its parent is gone, and end, until it is resumed.
    if (sidecarPid !== undefined) resume(sidecarPid);
    process.exit();
  });
  child.once('exit', (code, signal) => void endRest(pid).then(() => send({ kind: 'exited', exit: { code, signal } })));
  send({ kind: 'started', pid });
}

function end({ signal, graceMs }: ToSupervisor & { readonly kind: 'end' }): void {
  if (group === undefined) return;
  signalGroup(group, signal);
  signalGroup(group, 'SIGCONT');
  grace = killAfter(graceMs, group);
}

async function killAfter(graceMs: number, pid: number): Promise<void> {
  await setTimeout(graceMs);
  signalGroup(pid, 'SIGKILL');
}

/** Kills what the command has left running; if the group was asked to end, only when the grace period is over. */
async function endRest(pid: number): Promise<void> {
  if (grace !== undefined) await Promise.race([grace, untilGone(pid)]);
  signalGroup(pid, 'SIGKILL');
}

/** A shell or npm ends at once on SIGTERM, while the app that it started still shuts down. */
async function untilGone(pid: number): Promise<void> {
  while (!isGroupGone(pid)) await setTimeout(CHECK_MS);
}

function send(message: FromSupervisor): void {
  // An error means that the channel has closed, and then 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {
    if (message.kind !== 'started' && process.connected) process.disconnect();
  });
}

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // The sidecar has ended already.
  }
}
