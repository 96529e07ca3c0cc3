import { ageMs, type Instant } from './clock.ts';
import type { Observation } from './observation.ts';

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
  'closed',
] as const;

/** Why the standing is unknown. */
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

/** Every reason not to lead: another pod leads, or it is unknown who does. */
export const NOT_LEADING_REASONS: readonly ['follower', ...typeof UNKNOWN_REASONS] = ['follower', ...UNKNOWN_REASONS];

/** A standing, with the reason where it is unknown. */
export type Verdict =
  | { readonly standing: 'leader' | 'follower' }
  | { readonly standing: 'unknown'; readonly reason: UnknownReason };

/** The two bounds that the rules work with. */
export interface BeliefRules {
  /** An observation this old or older is never believed. */
  readonly maxAgeMs: number;
  /** After a gap a self-claim is believed once it has held this long; 0 turns it off. */
  readonly settleMs: number;
}

/** All that the rules remember between two answers. */
export interface Belief {
  readonly newest?: Observation;
  /** A self-claim that goes on being believed although one later answer, the newest, named nobody. */
  readonly doubted?: Observation;
  /** When the first of an unbroken row of self-claims after a gap was answered. */
  readonly claimedSince?: Instant;
  /** What the attempts since the newest answer failed by. */
  readonly failure?: 'unreachable' | 'invalid-answer';
}

/** Takes a usable answer into account; an answer to an older question than the newest one's is dropped. */
export function observe(belief: Belief, observation: Observation, rules: BeliefRules): Belief {
  const { newest } = belief;
  if (newest !== undefined && observation.askedAt.monotonicMs < newest.askedAt.monotonicMs) return belief;
  if (observation.claim === 'none') {
    // The sidecar of a leader names nobody for a moment when it restarts, so a leader is demoted by the second such answer.
    const isDoubt = belief.doubted === undefined && judge(belief, observation.answeredAt, rules).standing === 'leader';
    return isDoubt && newest !== undefined ? { newest: observation, doubted: newest } : { newest: observation };
  }
  if (observation.claim === 'other') return { newest: observation };
  const gap = newest !== undefined && ageMs(newest.askedAt, observation.askedAt) >= rules.maxAgeMs;
  const claimedSince = gap ? observation.answeredAt : belief.claimedSince;
  return claimedSince === undefined ? { newest: observation } : { newest: observation, claimedSince };
}

/** Takes a failed attempt into account: it is no news, so the last answer stays and ages. */
export function fail(belief: Belief, failure: NonNullable<Belief['failure']>): Belief {
  return { ...belief, failure };
}

/** Judges a belief at `now`. An age equal to the bound is too old. */
export function judge(belief: Belief, now: Instant, rules: BeliefRules): Verdict {
  const { newest, failure } = belief;
  if (remainingMs(belief.doubted, now, rules) > 0) return { standing: 'leader' };
  if (newest === undefined) return unknown(failure ?? 'not-asked');
  if (remainingMs(newest, now, rules) <= 0) return unknown(failure ?? 'stale');
  if (newest.claim === 'none') return unknown('no-leader');
  if (newest.claim === 'other') return { standing: 'follower' };
  return isSettling(belief, rules) ? unknown('settling') : { standing: 'leader' };
}

/** The observation that the verdict rests on. */
export function believed(belief: Belief): Observation | undefined {
  return belief.doubted ?? belief.newest;
}

/** How long the verdict can last if no further answer comes, in milliseconds; infinite where it will not change by time. */
export function lapsesInMs(belief: Belief, now: Instant, rules: BeliefRules): number {
  const remaining = [belief.doubted, belief.newest].map((observation) => remainingMs(observation, now, rules));
  return Math.min(...remaining.filter((ms) => ms > 0));
}

/**
 * A claim has settled once the newest was asked `settleMs` after the first was answered. Only the monotonic clock
 * counts here: it never says more than has passed.
 */
function isSettling({ newest, claimedSince }: Belief, { settleMs }: BeliefRules): boolean {
  if (newest === undefined || claimedSince === undefined || settleMs === 0) return false;
  return newest.askedAt.monotonicMs - claimedSince.monotonicMs < settleMs;
}

function remainingMs(observation: Observation | undefined, now: Instant, rules: BeliefRules): number {
  return observation === undefined ? -Infinity : rules.maxAgeMs - ageMs(observation.askedAt, now);
}

function unknown(reason: UnknownReason): Verdict {
  return { standing: 'unknown', reason };
}
