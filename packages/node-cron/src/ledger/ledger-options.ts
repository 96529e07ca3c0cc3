import type { ClusterLeader } from '@cluster-leader/core';
import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { CatchUpOptions, LedgerJob, LedgerJobOptions } from '@cluster-leader/ledger';
import type { LeaderTaskOptions } from '../task-options.ts';

/** A `RunLedger`, as far as the adapter needs it. */
export interface CronLedger {
  register(leader: ClusterLeader, options: LedgerJobOptions): LedgerJob;
}

/** The options of a task whose runs are recorded in a ledger. */
export interface LedgerTaskOptions extends LeaderTaskOptions, CatchUpOptions {
  /** Names the job in the ledger: unique in its namespace, and the same on all replicas. A renamed task is a new job. */
  name: string;
}

/** The ledger, and defaults for all of its tasks. */
export interface LedgerCronOptions extends Omit<LedgerTaskOptions, 'name'> {
  /** The `RunLedger` of the app. Close it after `shutdown()`. */
  readonly ledger: CronLedger;
}

const CATCH_UP_OPTIONS: Readonly<Record<keyof CatchUpOptions, true>> = {
  catchUp: true,
  catchUpWindowMs: true,
  maxCatchUp: true,
  interrupted: true,
  maxAttempts: true,
};

/** The names of the options that only a ledger gives a meaning to. */
export const LEDGER_OPTIONS: readonly string[] = Object.keys(CATCH_UP_OPTIONS);

/** Separates what the ledger is told about a task from the options of node-cron. */
export function splitLedgerOptions<T extends CatchUpOptions>(
  options: T,
): { readonly catchUp: CatchUpOptions; readonly rest: Omit<T, keyof CatchUpOptions> } {
  const { catchUp, catchUpWindowMs, maxCatchUp, interrupted, maxAttempts, ...rest } = options;
  return { catchUp: { catchUp, catchUpWindowMs, maxCatchUp, interrupted, maxAttempts }, rest };
}

/** Throws ERR_INVALID_OPTION unless `ledger` has what the adapter calls. */
export function requireLedger(ledger: unknown): void {
  if (typeof ledger === 'object' && ledger !== null && 'register' in ledger) return;
  throw invalidOption('ledger', ledger, 'a RunLedger of @cluster-leader/ledger');
}

/** Returns the name of a task with a ledger; throws ERR_INVALID_OPTION if it has none, or that of another living task. */
export function requireOwnName(name: unknown, taken: ReadonlySet<string | undefined>): string {
  const rule = 'a name of its own for each task with a ledger, which knows jobs by their names';
  if (typeof name !== 'string' || name === '' || taken.has(name)) throw invalidOption('name', name, rule);
  return name;
}
