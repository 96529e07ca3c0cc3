import { readdirSync, readFileSync } from 'node:fs';

/** Sends `signal` to every process in the group that `pid` leads; does nothing if the group is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  send(pid, signal);
}

/** Whether no process is left in the group of `pid`, apart from zombies. */
export function isGroupGone(pid: number): boolean {
  return !send(pid, 0) || !hasLiving(pid);
}

/** The first process of a container often does not reap orphans; they stay as zombies, which can still be signalled. */
function hasLiving(group: number): boolean {
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isLivingMember(group, name));
}

function isLivingMember(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', , groupOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return groupOf === String(group) && !'ZX'.includes(state);
  } catch {
    return false; // The process has ended in the meantime.
  }
}

/** Sends `signal`, and returns whether there was a process to receive it. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // macOS reports EPERM if only zombies are left in the group.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}
