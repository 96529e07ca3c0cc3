export { OnDemoted, OnElected } from './events/leadership-event.decorators.ts';
export { EveryReplica } from './gating/every-replica.decorator.ts';
export type { Skip } from './gating/gate.ts';
export { LeaderOnly, type GateOptions, type LeaderOnlyOptions } from './gating/leader-only.decorator.ts';
export {
  ClusterLeaderHealthIndicator,
  type ClusterLeaderHealth,
  type HealthOptions,
} from './health/cluster-leader.health.ts';
export type { ModuleLedger } from './ledger/module-ledger.ts';
export { ClusterLeaderModule } from './module/cluster-leader.module.ts';
export type {
  ClusterLeaderModuleAsyncOptions,
  ClusterLeaderModuleExtras,
  ClusterLeaderModuleOptions,
  ClusterLeaderOptionsFactory,
} from './module/cluster-leader.options.ts';
export { LeaderCron, LeaderInterval, LeaderTimeout } from './schedule/leader-schedule.decorators.ts';
