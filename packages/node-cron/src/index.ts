export { leaderCoordinator } from './leader-coordinator.ts';
export { leaderCron, type LeaderCron, type LeaderTaskContext, type LeaderTaskFn } from './leader-cron.ts';
export type { LeaderTaskOptions } from './task-options.ts';
