import { onEndingSignal, onMessageSignal } from '../processes/received-signals.ts';

/** What can end `exec` before the command is started. */
export interface BeforeStart {
  /** Aborts on a signal that asks for an end, or when the time for waiting is over. */
  readonly giveUp: AbortSignal;
  /** The signal that asked for an end, if one did. */
  endedBy(this: void): NodeJS.Signals | undefined;
  /** Stops listening: the command is being started, or `exec` ends. */
  stop(this: void): void;
}

/** Listens for signals, and limits the time before the start to `limitMs`; undefined means no limit. */
export function beforeStart(limitMs: number | undefined): BeforeStart {
  const giveUp = new AbortController();
  let endedBy: NodeJS.Signals | undefined;
  const timer = limitMs === undefined ? undefined : setTimeout(() => giveUp.abort(), limitMs);
  const removeListener = onEndingSignal(
    (signal) => {
      endedBy = signal;
      giveUp.abort();
    },
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'],
  );
  // There is no command yet that could receive the other signals, and by default most of them would end this process.
  onMessageSignal(() => {});
  return {
    giveUp: giveUp.signal,
    endedBy: () => endedBy,
    stop: () => {
      clearTimeout(timer);
      removeListener();
    },
  };
}
