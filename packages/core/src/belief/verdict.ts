/** What this process may believe about its own part in the election. */
export type Standing = 'leader' | 'follower' | 'unknown';

/** Every reason why a standing can be unknown. */
export const UNKNOWN_REASONS = [
  'not-asked', // no request has been answered or has failed yet
  'no-leader', // the sidecar names no leader
  'unreachable', // refused, reset or timed out, and the last answer is too old
  'invalid-answer', // something answers, but not as a sidecar does, and the last answer is too old
  'stale', // the last answer is too old, and no attempt has failed since
  'settling', // a claim after a gap that has not held long enough
  'unconfirmed', // the sidecar names this pod, and the lock record has not been read since it began to
  'lock-expired', // the lock record names this pod, and has not been renewed in time
  'lock-unreachable', // the lock record cannot be read, and the last confirmation is too old
  'closed',
] as const;

/** Why the standing is unknown. */
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

/** Every reason not to lead: another pod leads, or it is unknown who does. */
export const NOT_LEADING_REASONS: readonly ['follower', ...typeof UNKNOWN_REASONS] = ['follower', ...UNKNOWN_REASONS];

/** Why a run was skipped, or a term ended. */
export type NotLeadingReason = (typeof NOT_LEADING_REASONS)[number];

/** A standing, with the reason if it is unknown. */
export type Verdict =
  | { readonly standing: 'leader' | 'follower' }
  | { readonly standing: 'unknown'; readonly reason: UnknownReason };

export const LEADER: Verdict = Object.freeze({ standing: 'leader' });
export const FOLLOWER: Verdict = Object.freeze({ standing: 'follower' });

const UNKNOWN: ReadonlyMap<UnknownReason, Verdict> = new Map(
  UNKNOWN_REASONS.map((reason) => [reason, Object.freeze({ standing: 'unknown', reason })]),
);

/** The verdict with this reason; there is one of each, so that a judgement allocates nothing. */
export function unknown(reason: UnknownReason): Verdict {
  return UNKNOWN.get(reason) ?? { standing: 'unknown', reason };
}

/** Why a verdict is unknown, or undefined if it is not. */
export function unknownReason(verdict: Verdict): UnknownReason | undefined {
  return verdict.standing === 'unknown' ? verdict.reason : undefined;
}

/** Why a verdict does not allow to lead; meaningless for one that does. */
export function notLeadingReason(verdict: Verdict): NotLeadingReason {
  return unknownReason(verdict) ?? 'follower';
}
