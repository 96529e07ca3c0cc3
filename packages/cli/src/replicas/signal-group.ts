import { readdirSync, readFileSync } from 'node:fs';

/** Sends `signal` to every process of the group that `pid` leads; a group that is gone is none to mind. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  send(pid, signal);
}

/** Whether no process is left of the group that `pid` led, but for the dead that nobody has buried. */
export function isGroupGone(pid: number): boolean {
  return !send(pid, 0) || !hasLiving(pid);
}

/** The first process of a container often is no init, and leaves orphans as zombies, which signals still reach. */
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
    return false; // It has gone meanwhile.
  }
}

/** Whether there was anybody to send it to. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // EPERM is macOS' answer where nothing but zombies is left of the group.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}
