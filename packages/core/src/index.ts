export type { Answer, ParseAnswer } from './answer.ts';
export type { Standing, UnknownReason, Verdict } from './belief.ts';
export type {
  CheckOptions,
  ClusterLeader,
  LeadershipEvents,
  NotLeadingReason,
  RunDecision,
  RunOptions,
  RunResult,
  WaitOptions,
} from './cluster-leader.ts';
export type { Instant } from './clock.ts';
export { ClusterLeaderService, type ClusterLeaderStatus } from './cluster-leader-service.ts';
export { isLeader } from './default-leader.ts';
export type { DatedAnswer, ElectorClient } from './elector-client.ts';
export { endedByLoss } from './ended-by-loss.ts';
export { ClusterLeaderError, type ClusterLeaderErrorCode } from './errors.ts';
export { Leadership, type LeadershipOptions, type LeadershipStatus, type OnUnknown } from './leadership.ts';
export type { Logger } from './logger.ts';
export type { ClusterLeaderOptions, Mode } from './options.ts';
export { currentTerm, type Term } from './term.ts';
