import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { CatchUpOptions } from '@cluster-leader/ledger';
import type { TaskOptions } from 'node-cron';
import { LEDGER_OPTIONS, requireLedger, type CronLedger, type LedgerCronOptions } from './ledger/ledger-options.ts';

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
const NAMES: readonly string[] = [...Object.keys(OPTIONS), ...LEDGER_OPTIONS];

/** Separates the ledger from the defaults of tasks; throws ERR_INVALID_OPTION if either cannot work. */
export function requireCronOptions(options: LeaderTaskOptions & Partial<LedgerCronOptions>): {
  readonly ledger: CronLedger | undefined;
  readonly defaults: LeaderTaskOptions & CatchUpOptions;
} {
  const { ledger, ...defaults } = requireKnownOptions(options, ['ledger', ...NAMES]);
  if (ledger !== undefined) requireLedger(ledger);
  requireTaskOptions(defaults, ledger !== undefined);
  return { ledger, defaults };
}

/** Throws ERR_INVALID_OPTION if an option is misspelt, lacks its ledger, or is set although the adapter sets it. */
export function requireTaskOptions(options: LeaderTaskOptions, hasLedger: boolean): void {
  const own = requireKnownOptions(options, NAMES);
  const idle = hasLedger ? undefined : LEDGER_OPTIONS.find((name) => Reflect.get(own, name) !== undefined);
  if (idle !== undefined) {
    throw invalidOption(
      idle,
      Reflect.get(own, idle),
      'absent without a ledger. Add one: leaderCron(leader, { ledger })',
    );
  }
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
