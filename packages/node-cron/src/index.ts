export { leaderCoordinator } from './leader-coordinator.ts';
export {
  leaderCron,
  type LeaderCron,
  type LeaderTaskContext,
  type LeaderTaskFn,
  type LeaderTaskOptions,
} from './leader-cron.ts';
