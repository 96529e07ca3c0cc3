/** The signals that ask a program to end. Ctrl-C, a kubelet and a closed terminal send them. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The signals that processes send to each other for other purposes. SIGKILL and SIGSTOP cannot be caught; SIGCHLD,
 * SIGPIPE, SIGSEGV and the like concern only the process that receives them.
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

/** One Ctrl-C can arrive twice: from the terminal, and forwarded by npx or npm. No user types that fast. */
const ECHO_MS = 200;

/**
 * Calls `listener` with each of `signals` that this process receives. A signal within 200 ms of another is ignored.
 *
 * None of the signals ends this process until the returned function is called.
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

/** Calls `listener` with each received signal that need not mean an end, until the returned function is called. */
export function onMessageSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  return listen(MESSAGES, listener);
}

/** Resolves when a signal asks this process to end. From the call on, none of these signals ends the process. */
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
