/** The signals by which a program is asked to end: Ctrl-C, a kubelet, a terminal that closes. */
export const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the first signal that asks this process to end; from the call on none of them ends it by itself. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ENDINGS) process.on(signal, resolve);
  });
}
