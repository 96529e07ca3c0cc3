export { leaderCoordinator } from './leader-coordinator.ts';
export { leaderCron, type LeaderCron, type LedgerCron } from './leader-cron.ts';
export type { CronLedger, LedgerCronOptions, LedgerTaskOptions } from './ledger/ledger-options.ts';
export type { LeaderTaskContext, LeaderTaskFn, LedgerTaskContext, LedgerTaskFn } from './task-context.ts';
export type { LeaderTaskOptions } from './task-options.ts';
