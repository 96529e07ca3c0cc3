import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { TaskOptions } from 'node-cron';

/** node-cron's options; `distributed` and `runCoordinator` are set by the adapter. */
export interface LeaderTaskOptions extends TaskOptions {
  /** Whether `task.execute()` also runs on the leader only, and resolves with undefined elsewhere. Default false. */
  gateExecute?: boolean;
}

const OPTIONS: Readonly<Record<keyof LeaderTaskOptions, true>> = {
  timezone: true,
  name: true,
  noOverlap: true,
  distributed: true,
  runCoordinator: true,
  distributedLease: true,
  maxExecutions: true,
  maxRandomDelay: true,
  logger: true,
  suppressMissedWarning: true,
  missedExecutionTolerance: true,
  executeTimeout: true,
  startTimeout: true,
  unref: true,
  gateExecute: true,
};

/** Throws ERR_INVALID_OPTION if an option is misspelt, or set although the adapter sets it. */
export function requireTaskOptions(options: LeaderTaskOptions): void {
  const own = requireKnownOptions(options, Object.keys(OPTIONS));
  const { distributed = true, runCoordinator, gateExecute = false } = own;
  const rule =
    "absent: a task of leaderCron always asks the leader. Use node-cron's own schedule, with leaderCoordinator(leader) if it is to ask";
  if (!distributed) throw invalidOption('distributed', distributed, rule);
  if (runCoordinator !== undefined) throw invalidOption('runCoordinator', runCoordinator, rule);
  if (typeof gateExecute !== 'boolean') throw invalidOption('gateExecute', gateExecute, 'true or false');
}

/** Throws ERR_INVALID_OPTION if a background task has a random delay, after which nothing would ask the leader again. */
export function requireNoDelay({ maxRandomDelay }: TaskOptions): void {
  if (!maxRandomDelay) return;
  const rule =
    'absent for a task in a file: its process waits after the check and cannot ask again. Remove maxRandomDelay, or use a function task';
  throw invalidOption('maxRandomDelay', maxRandomDelay, rule);
}
