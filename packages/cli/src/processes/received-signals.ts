/** The signals that ask a program to end: Ctrl-C, a kubelet, a terminal that closes. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The other signals that one process sends to another. SIGKILL and SIGSTOP cannot be caught, and SIGCHLD, SIGPIPE,
 * SIGSEGV and their like concern the process that receives them.
 */
const MESSAGES = [
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGCONT',
  'SIGTSTP',
  'SIGURG',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
] as const;

/** One Ctrl-C may arrive twice: from the terminal, and from an npx or npm that forwards it. Nobody types that fast. */
const ECHO_MS = 200;

/**
 * Calls `listener` with each of `signals` that this process receives, but for echoes.
 *
 * Until the returned function is called, none of them ends this process by itself.
 */
export function onEndingSignal(
  listener: (signal: NodeJS.Signals) => void,
  signals: readonly NodeJS.Signals[] = ENDINGS,
): () => void {
  let receivedAtMs = -Infinity;
  const receive = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (nowMs - receivedAtMs < ECHO_MS) return;
    receivedAtMs = nowMs;
    listener(signal);
  };
  return listen(signals, receive);
}

/** Calls `listener` with each signal that need not ask for an end, until the returned function is called. */
export function onMessageSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  return listen(MESSAGES, listener);
}

/** Resolves once a signal asks this process to end. None of them ends it by itself from now on. */
export function untilEndingSignal(): Promise<void> {
  return new Promise((resolve) => {
    onEndingSignal(() => resolve());
  });
}

function listen(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
