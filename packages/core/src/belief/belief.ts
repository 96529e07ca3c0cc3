import { ageMs, type Instant } from './clock.ts';
import type { ElectorError } from '../sidecar/elector-error.ts';
import type { Observation } from './observation.ts';
import { FOLLOWER, LEADER, unknown, type Verdict } from './verdict.ts';

/** The two time bounds of the rules. */
export interface BeliefRules {
  /** An observation this old or older is never believed. */
  readonly maxAgeMs: number;
  /** After a gap a self-claim is believed once it has held this long; 0 turns it off. */
  readonly settleMs: number;
}

/** The state of the rules between two answers. */
export interface Belief {
  readonly newest?: Observation;
  /** The newest answer that named a leader; as long as none has, the first answer of all. */
  readonly named?: Observation | undefined;
  /** A self-claim that is still believed although one later answer, the newest, named no leader. */
  readonly doubted?: Observation;
  /** Set while self-claims are not believed because they came after a gap. */
  readonly suspicion?: Suspicion | undefined;
  /** How the attempts since the newest answer failed. */
  readonly failure?: ElectorError['reason'];
  /** Whether the sidecar was silent before its first answer, and has not refused a connection since. */
  readonly wasSilent?: boolean | undefined;
}

interface Suspicion {
  /** When the first of an unbroken row of self-claims was answered. */
  readonly claimedSince?: Instant;
}

/** Takes a usable answer into account (rules 1 to 5); an answer to an older request than that of the newest is dropped. */
export function observe(belief: Belief, observation: Observation, rules: BeliefRules): Belief {
  const { newest, named } = belief;
  if (newest !== undefined && observation.question < newest.question) return belief;
  const suspicion = suspicionOf(belief, observation, rules);
  if (observation.claim !== 'none') return { newest: observation, named: observation, suspicion };
  // The sidecar of a leader names nobody for a moment when it restarts, so only the second such answer demotes it.
  const isDoubt = belief.doubted === undefined && judge(belief, observation.answeredAt, rules).standing === 'leader';
  const next = { newest: observation, named: named ?? observation, suspicion };
  return isDoubt && newest !== undefined ? { ...next, doubted: newest } : next;
}

/** Takes a failed request into account: it is not an answer (rule 2), so the last one stays and ages. */
export function fail(belief: Belief, failure: ElectorError['reason'], wasSilent?: boolean): Belief {
  return { ...belief, failure, wasSilent: wasSilent ?? belief.wasSilent };
}

/** Ends a suspicion, because the lock record confirms the claim (lock rule 2). */
export function confirm(belief: Belief): Belief {
  return belief.suspicion === undefined ? belief : { ...belief, suspicion: undefined };
}

/** Whether the sidecar claims this pod: believed, or not believed yet because it is settling. */
export function isClaim(verdict: Verdict): boolean {
  return verdict.standing === 'leader' || (verdict.standing === 'unknown' && verdict.reason === 'settling');
}

/** Judges a belief at `now`. An age equal to the bound is too old. */
export function judge(belief: Belief, now: Instant, rules: BeliefRules): Verdict {
  const { newest, failure } = belief;
  if (remainingMs(belief.doubted, now, rules) > 0) return LEADER;
  if (newest === undefined) return unknown(failure ?? 'not-asked');
  if (remainingMs(newest, now, rules) <= 0) return unknown(failure ?? 'stale');
  if (newest.claim === 'none') return unknown('no-leader');
  if (newest.claim === 'other') return FOLLOWER;
  return isSettling(belief, rules) ? unknown('settling') : LEADER;
}

/** The observation on which the verdict rests. */
export function believed(belief: Belief): Observation | undefined {
  return belief.doubted ?? belief.newest;
}

/** How long the verdict can last if no further answer comes, in milliseconds; infinite if time alone will not change it. */
export function lapsesInMs(belief: Belief, now: Instant, rules: BeliefRules): number {
  const remaining = [belief.doubted, belief.newest].map((observation) => remainingMs(observation, now, rules));
  return Math.min(...remaining.filter((ms) => ms > 0));
}

/**
 * The suspicion that remains, or begins, with this answer (rules 4 and 5).
 *
 * Only an answer that names another pod ends it. One without a name is not evidence: a restarted sidecar first names
 * nobody, then repeats the old record, so the claim must hold again from there.
 */
function suspicionOf(belief: Belief, observation: Observation, rules: BeliefRules): Suspicion | undefined {
  const { newest, named } = belief;
  if (observation.claim === 'other') return undefined;
  const suspicion = isSettling(belief, rules) ? belief.suspicion : undefined;
  const wasSilent = newest === undefined && (observation.wasSilent ?? belief.wasSilent) === true;
  if (observation.claim === 'none') return suspicion !== undefined || wasSilent ? {} : undefined;
  const isGap = named !== undefined && isTooLong(ageMs(named.askedAt, observation.askedAt), rules);
  if (isGap || wasSilent) return { claimedSince: observation.answeredAt };
  return suspicion && { claimedSince: suspicion.claimedSince ?? observation.answeredAt };
}

/**
 * A claim has settled once the newest was asked `settleMs` after the first was answered. Only the monotonic clock
 * counts here: it never says more than has passed.
 */
function isSettling({ newest, suspicion }: Belief, { settleMs }: BeliefRules): boolean {
  if (newest === undefined || suspicion === undefined || settleMs === 0) return false;
  const { claimedSince = newest.answeredAt } = suspicion;
  return newest.askedAt.monotonicMs - claimedSince.monotonicMs < settleMs;
}

function remainingMs(observation: Observation | undefined, now: Instant, rules: BeliefRules): number {
  if (observation === undefined) return -Infinity;
  const age = ageMs(observation.askedAt, now);
  return isTooLong(age, rules) ? -Infinity : rules.maxAgeMs - age;
}

/** A negative age shows that the clocks were set back by an unknown time. What is not a number is never young. */
function isTooLong(age: number, { maxAgeMs }: BeliefRules): boolean {
  return !(age >= 0 && age < maxAgeMs);
}
