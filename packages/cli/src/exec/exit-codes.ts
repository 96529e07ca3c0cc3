import { constants } from 'node:os';
import type { Exit } from '../processes/supervisor-messages.ts';

/** EX_TEMPFAIL of sysexits.h: the work is not done, and a later attempt may succeed. */
export const TRY_AGAIN = 75;
/** The exit code that a shell uses if a command cannot be started. */
export const NOT_STARTED = 127;

/** The exit code that a shell uses for a command that ended like this. */
export function exitCodeOf({ code, signal }: Exit): number {
  return code ?? exitCodeOfSignal(signal);
}

/** The exit code that a shell uses for a command that `signal` has ended. */
export function exitCodeOfSignal(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}
