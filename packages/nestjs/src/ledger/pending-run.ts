import { AsyncLocalStorage } from 'node:async_hooks';
import type { GatedRun } from '../gating/gate.ts';

/** Runs a gated task in its own way, instead of on the leader alone; `signal` aborts at shutdown. */
export type Begin = (task: () => unknown, run: GatedRun, signal: AbortSignal) => Promise<unknown>;

/** The gated method that a call is meant for. */
export interface GatedMethod {
  readonly instance: unknown;
  readonly key: string;
}

interface PendingRun extends GatedMethod {
  readonly begin: Begin;
  isTaken: boolean;
}

const pending = new AsyncLocalStorage<PendingRun>();

/**
 * Calls `call`, in which the first call of the gated method runs by `begin`.
 *
 * The gate of a method cannot see from its arguments whether the scheduler calls it, and for which slot.
 */
export function withPendingRun<T>({ instance, key }: GatedMethod, begin: Begin, call: () => T): T {
  return pending.run({ instance, key, begin, isTaken: false }, call);
}

/** Returns how the present call of a gated method is to run, once; undefined if the scheduler has not made the call. */
export function takePendingRun({ instance, key }: GatedMethod): Begin | undefined {
  const run = pending.getStore();
  // Whatever the method calls or starts runs in the same async context, including its own super method.
  if (run === undefined || run.isTaken || run.instance !== instance || run.key !== key) return undefined;
  run.isTaken = true;
  return run.begin;
}
