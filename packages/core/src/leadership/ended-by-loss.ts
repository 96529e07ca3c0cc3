import { isLoss } from './loss.ts';
import { presentTerm, type Term } from './term.ts';

/** How deep `cause` and `errors` are followed: deeper chains do not occur, circular ones might. */
const DEEPEST = 8;

/**
 * Whether `error` is how work ends whose leadership was lost, not a failure of the work itself.
 *
 * Inside a gated task it judges by the task's own term: that must have ended, and `error`, or an error that it wraps as
 * `cause`, must be the reason of `term.signal` or an abort. So it also recognises what `node:timers/promises`,
 * `events.once` and `execFile` make of an aborted signal. Outside of a task it recognises the reasons that terms have
 * aborted with, directly or as a `cause`.
 *
 * @example
 * try {
 *   await sleep(60_000, undefined, { signal: currentTerm().signal });
 * } catch (error) {
 *   if (!endedByLoss(error)) throw error; // the next leader does the work again
 * }
 */
export function endedByLoss(error: unknown, term: Pick<Term, 'signal'> | undefined = presentTerm()): boolean {
  if (term === undefined) return wrapsLoss(error);
  const { aborted, reason } = term.signal;
  return aborted && someError(error, (part) => part === reason || isAbort(part));
}

/** Whether an error is, or wraps, the reason with which a term of this process has ended. */
export function wrapsLoss(error: unknown): boolean {
  return someError(error, isLoss);
}

/** Whether `matches` is true of an error, or of one that it wraps. */
function someError(error: unknown, matches: (error: object) => boolean, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return false;
  if (matches(error)) return true;
  const { cause, errors }: { cause?: unknown; errors?: unknown } = error;
  const wrapped: unknown[] = Array.isArray(errors) ? [cause, ...errors] : [cause];
  return wrapped.some((part) => someError(part, matches, depth + 1));
}

/** An abort by the name or code that Node.js and the common HTTP clients give it. */
function isAbort(error: { name?: unknown; code?: unknown }): boolean {
  return error.name === 'AbortError' || error.code === 'ABORT_ERR' || error.code === 'ERR_CANCELED';
}
