export type { Answer, ParseAnswer } from './belief/answer.ts';
export type { Standing, UnknownReason, Verdict } from './belief/belief.ts';
export type {
  CheckOptions,
  ClusterLeader,
  LeadershipEvents,
  NotLeadingReason,
  RunDecision,
  RunOptions,
  RunResult,
  WaitOptions,
} from './leadership/cluster-leader.ts';
export type { Instant } from './belief/clock.ts';
export { ClusterLeaderService, type ClusterLeaderStatus } from './service/cluster-leader-service.ts';
export { isLeader } from './service/default-leader.ts';
export type { DatedAnswer, ElectorClient } from './sidecar/elector-client.ts';
export { endedByLoss } from './leadership/ended-by-loss.ts';
export { ClusterLeaderError, type ClusterLeaderErrorCode } from './errors.ts';
export { Leadership, type LeadershipOptions, type LeadershipStatus, type OnUnknown } from './leadership/leadership.ts';
export type { Logger } from './settings/logger.ts';
export type { ClusterLeaderOptions, Mode } from './settings/options.ts';
export { currentTerm, type Term } from './leadership/term.ts';
