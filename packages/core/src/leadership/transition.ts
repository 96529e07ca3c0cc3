import { notLeadingReason, unknownReason, type NotLeadingReason, type Verdict } from '../belief/verdict.ts';

/** What a change of the verdict does to terms. */
export interface Transition {
  readonly endsTerm: boolean;
  readonly beginsTerm: boolean;
  /** Whether it ends the runs that went ahead without a known leader. */
  readonly endsOpenRuns: boolean;
  /** Why a term ends. */
  readonly reason: NotLeadingReason;
}

/** Says what follows from a change of the verdict; undefined if it says the same as the previous one. */
export function transition(previous: Verdict, verdict: Verdict): Transition | undefined {
  if (verdict === previous) return undefined;
  if (verdict.standing === previous.standing && unknownReason(verdict) === unknownReason(previous)) return undefined;
  const reason = notLeadingReason(verdict);
  return {
    endsTerm: previous.standing === 'leader',
    beginsTerm: verdict.standing === 'leader',
    endsOpenRuns: verdict.standing !== 'leader' && (reason === 'follower' || reason === 'closed'),
    reason,
  };
}
