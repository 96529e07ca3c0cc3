import { invalidOption } from '../errors.ts';
import type { ClusterLeader, GateOptions } from './cluster-leader.ts';
import { endedByLoss } from './ended-by-loss.ts';
import { ownOptions } from '../settings/known-options.ts';
import { requireRunOptions } from './run-options.ts';
import type { Term } from './term.ts';

/** Receives what a run was interrupted by. */
export type OnInterrupted = (name: string | undefined, term: Term, error: unknown) => void;

/** Wraps `fn` so that it runs by `leader.runIfLeader`; the wrapper resolves with undefined if the run was skipped or interrupted. */
export function gate<This, Args extends unknown[], T>(
  leader: Pick<ClusterLeader, 'runIfLeader'>,
  fn: (this: This, ...args: Args) => T | PromiseLike<T>,
  gateOptions: GateOptions,
  onInterrupted: OnInterrupted,
): (this: This, ...args: Args) => Promise<T | undefined> {
  if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
  const { onSkip, ...options } = ownOptions(gateOptions);
  requireRunOptions(options);
  if (onSkip !== undefined && typeof onSkip !== 'function') throw invalidOption('onSkip', onSkip, 'a function');
  const name = options.name ?? (fn.name || undefined);
  return async function gated(...args) {
    const task = interruptible(() => fn.apply(this, args), name, onInterrupted);
    const result = await leader.runIfLeader(task, { ...options, name });
    if (result.ran) return result.value;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller who gives onSkip knows what it returns
    return (await onSkip?.(result.reason)) as T | undefined;
  };
}

/**
 * Makes a task resolve with undefined, and call `onInterrupted`, if it rejects because its own term has ended: a caller
 * that ignores the promise must not end the process by an unhandled rejection.
 */
export function interruptible<T>(
  task: (term: Term) => T | PromiseLike<T>,
  name: string | undefined,
  onInterrupted: OnInterrupted,
): (term: Term) => Promise<T | undefined> {
  return async (term) => {
    try {
      return await task(term);
    } catch (error) {
      if (!endedByLoss(error, term)) throw error;
      onInterrupted(name, term, error);
      return undefined;
    }
  };
}
