/** The signals by which a program is asked to end: Ctrl-C, a kubelet, a terminal that closes. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C may arrive twice: from the terminal, and from an npx or npm that passes it on. Nobody types so fast. */
const ECHO_MS = 200;

/** Calls `listener` with each signal that asks this process to end; none of them ends it by itself until what is returned is called. */
export function onEndingSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  let heardAtMs = -Infinity;
  const hear = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (nowMs - heardAtMs < ECHO_MS) return;
    heardAtMs = nowMs;
    listener(signal);
  };
  for (const signal of ENDINGS) process.on(signal, hear);
  return () => {
    for (const signal of ENDINGS) process.off(signal, hear);
  };
}

/** Resolves with the first and with the second signal that asks this process to end; none of them ends it by itself. */
export function untilSignals(): Readonly<Record<'first' | 'second', Promise<NodeJS.Signals>>> {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let resolve = first.resolve;
  onEndingSignal((signal) => {
    resolve(signal);
    ({ resolve } = second);
  });
  return { first: first.promise, second: second.promise };
}
