import { readdirSync, readFileSync } from 'node:fs';

/** Sends `signal` to every process of the group that `pid` leads; does nothing if the group is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  send(pid, signal);
}

/** Whether the group that `pid` led has no process left, apart from zombies. */
export function isGroupGone(pid: number): boolean {
  return !send(pid, 0) || !hasLiving(pid);
}

/** The first process of a container is often not an init, and leaves orphans as zombies, which signals still reach. */
function hasLiving(group: number): boolean {
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isLivingOf(group, name));
}

function isLivingOf(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', , groupOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return groupOf === String(group) && !'ZX'.includes(state);
  } catch {
    return false; // It has ended meanwhile.
  }
}

/** Whether there was a process to send it to. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // EPERM is macOS' answer if only zombies are left in the group.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}
