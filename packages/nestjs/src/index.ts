export { ClusterLeaderHealthIndicator, type ClusterLeaderHealth, type HealthOptions } from './cluster-leader.health.ts';
export { ClusterLeaderModule } from './cluster-leader.module.ts';
export type {
  ClusterLeaderModuleAsyncOptions,
  ClusterLeaderModuleExtras,
  ClusterLeaderModuleOptions,
  ClusterLeaderOptionsFactory,
} from './cluster-leader.options.ts';
export { EveryReplica } from './every-replica.decorator.ts';
export type { Skip } from './gate.ts';
export { LeaderOnly, type LeaderOnlyOptions } from './leader-only.decorator.ts';
export { LeaderCron, LeaderInterval, LeaderTimeout } from './leader-schedule.decorators.ts';
export { OnDemoted, OnElected } from './leadership-event.decorators.ts';
