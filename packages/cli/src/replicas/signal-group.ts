/** Sends `signal` to every process of the group that `pid` leads; a group that is gone is none to mind. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  send(pid, signal);
}

/** Whether no process is left of the group that `pid` led. */
export function isGroupGone(pid: number): boolean {
  return !send(pid, 0);
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
