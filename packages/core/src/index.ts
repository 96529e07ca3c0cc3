export type { Answer, ParseAnswer } from './belief/answer.ts';
export type { Instant } from './belief/clock.ts';
export type { NotLeadingReason, Standing, UnknownReason, Verdict } from './belief/verdict.ts';
export { ClusterLeaderError, type ClusterLeaderErrorCode } from './errors.ts';
export type {
  CheckOptions,
  CloseOptions,
  ClusterLeader,
  GateOptions,
  LeadershipEvents,
  LeaderStatus,
  RunDecision,
  RunOptions,
  RunResult,
  WaitOptions,
  WhileLeadingOptions,
} from './leadership/cluster-leader.ts';
export { endedByLoss } from './leadership/ended-by-loss.ts';
export type { LeaderOptions } from './leadership/leader-options.ts';
export { Leader } from './leadership/leader.ts';
export type { LeadershipSource } from './leadership/leadership-source.ts';
export { ManualSource } from './leadership/manual-source.ts';
export type { OnUnknown } from './leadership/on-unknown.ts';
export { currentTerm, type Term } from './leadership/term.ts';
export type { WhenUnreachable } from './lock/lock-belief.ts';
export type { LockRecord, LockRecordReader } from './lock/lock-record.ts';
export type { LockStatus } from './lock/lock-watch.ts';
export { ClusterLeaderService, type ClusterLeaderStatus } from './service/cluster-leader-service.ts';
export { defaultLeader, isLeader } from './service/default-leader.ts';
export type { Logger } from './settings/logger.ts';
export type { ClusterLeaderOptions, Mode } from './settings/options.ts';
export type { DatedAnswer, ElectorClient } from './sidecar/elector-client.ts';
export type { Transport, TransportResponse } from './sidecar/http-transport.ts';
