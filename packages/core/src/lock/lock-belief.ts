import { ageMs, type Instant } from '../belief/clock.ts';
import { FOLLOWER, LEADER, unknown, type Verdict } from '../belief/verdict.ts';
import type { LockRecord } from './lock-record.ts';

/** How a claim is judged while the lock record cannot be read and its last confirmation has become too old. */
export type WhenUnreachable = 'demote' | 'trust-sidecar';

export const WHEN_UNREACHABLE: readonly WhenUnreachable[] = ['demote', 'trust-sidecar'];

/** A record confirms until it is this share of its lease old: a rival takes over after one lease at the earliest (lock rule 2). */
const CONFIRMING_SHARE = 0.9;

/** What the rules need to know of this pod and its election. */
export interface LockRules {
  /** The names by which a record may call this pod. */
  readonly identity: readonly string[];
  /** The uid of this pod's object, if it is known. */
  readonly podUid: string | undefined;
  /** The lease of a record that states none. */
  readonly leaseDurationMs: number;
  /** Whether the sidecar stamps records by the clock of this process: true on loopback. */
  readonly sharesClock: boolean;
  /** Undefined for the default: `'trust-sidecar'` for records that are never renewed, else `'demote'`. */
  readonly whenUnreachable: WhenUnreachable | undefined;
}

/** What one question about the record brought; no record means that there is no such object. */
export interface Reading {
  /** Counts the questions of the process: readings are ordered by it. */
  readonly question: number;
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
  readonly record: LockRecord | undefined;
}

/** The state of the rules between two readings. */
export interface LockBelief {
  /** The newest reading that was asked for since the present claim began. */
  readonly newest?: Reading | undefined;
  /** Whether a later question than the newest reading's has failed. */
  readonly isUnreachable?: boolean;
  /** Whether the last reading of the claims before this one confirmed nothing. */
  readonly wasContradicted?: boolean | undefined;
  /** The version that was seen last, during this claim or an earlier one. */
  readonly version?: Version | undefined;
}

type Versioned = Pick<LockRecord, 'version' | 'uid'>;

/** One renewal of the record, with its newest version, and what is known of its age without the clock of its writer. */
interface Version extends Versioned {
  readonly renewedAtMs: number | undefined;
  /** Whether its holders never renew it, as with nais. */
  readonly isNeverRenewed: boolean;
  /** When the question was asked that showed it first. */
  readonly seenAt: Instant;
  /** When the question was asked that still showed another version: this one was written later. */
  readonly writtenAfter: Instant | undefined;
}

/** Begins a new claim of the sidecar: what was read before it does not confirm it, but may still contradict it. */
export function beginClaim(belief: LockBelief, rules: LockRules): LockBelief {
  const { newest, version } = belief;
  const wasContradicted = newest === undefined ? belief.wasContradicted : !wasConfirming(belief, newest, rules);
  return { version, wasContradicted };
}

/** Takes a reading into account; one that is older than the newest is dropped. */
export function observeRecord(belief: LockBelief, reading: Reading): LockBelief {
  if (belief.newest !== undefined && isOlder(reading, belief.newest)) return belief;
  return { ...belief, newest: reading, isUnreachable: false, version: versionOf(belief, reading) };
}

/** Takes a failed question into account: it is no news (lock rule 5). */
export function failRecord(belief: LockBelief, question: number): LockBelief {
  if (belief.newest !== undefined && question < belief.newest.question) return belief;
  return { ...belief, isUnreachable: true };
}

/** Judges a claim of the sidecar, `claim`, by the record. */
export function judgeClaim(claim: Verdict, belief: LockBelief, now: Instant, rules: LockRules): Verdict {
  const { newest, isUnreachable = false } = belief;
  if (newest === undefined) return isUnreachable ? withoutRecord(claim, belief, rules) : unknown('unconfirmed');
  const { record } = newest;
  if (record === undefined) return unknown(belief.version === undefined ? 'unconfirmed' : 'no-leader');
  if (record.holder === '') return unknown('no-leader');
  if (!isOwn(record, rules)) return FOLLOWER;
  if (confirmsForMs(belief, now, rules) > 0) return LEADER;
  if (recordAgeMs(belief, newest.answeredAt, rules) === Infinity) return unknown('unconfirmed');
  // A record that was too old already when it was read stays so until another one is read.
  const isNoNews = isUnreachable && wasConfirming(belief, newest, rules);
  return isNoNews ? withoutRecord(claim, belief, rules) : unknown('lock-expired');
}

function wasConfirming(belief: LockBelief, newest: Reading, rules: LockRules): boolean {
  return confirmsForMs(belief, newest.answeredAt, rules) > 0;
}

/** How much longer the newest record confirms that this pod leads, in milliseconds; 0 or less if it does not. */
export function confirmsForMs(belief: LockBelief, now: Instant, rules: LockRules): number {
  const record = belief.newest?.record;
  if (record === undefined || !isOwn(record, rules)) return 0;
  return CONFIRMING_SHARE * (record.leaseDurationMs ?? rules.leaseDurationMs) - recordAgeMs(belief, now, rules);
}

/**
 * How old the newest record is at `now` at most, in milliseconds; infinite if its age is unknown.
 *
 * By when it cannot have been written yet, for which an older version must have been seen. If this pod shares its writer's
 * clock, also by the time in the record and by when this version was seen first, whichever of the two says older.
 */
export function recordAgeMs({ newest, version }: LockBelief, now: Instant, { sharesClock }: LockRules): number {
  if (newest?.record === undefined || version === undefined) return Infinity;
  const { renewedAt } = newest.record;
  // A sidecar that never renews (nais) leads until its record is gone, so what ages is the reading.
  if (renewedAt === undefined) return positive(ageMs(newest.askedAt, now));
  const { seenAt, writtenAfter } = version;
  // Rivals count from when they see a write, and behind a slow API server it comes seconds after the time it contains.
  const sinceWriteMs = writtenAfter === undefined ? Infinity : positive(ageMs(writtenAfter, now));
  const stampedMs = now.wallMs - renewedAt.getTime();
  // A time in the future shows that the clock was set back since, which makes it worthless.
  if (!sharesClock || stampedMs < 0) return sinceWriteMs;
  return Math.min(sinceWriteMs, Math.max(stampedMs, positive(ageMs(seenAt, now))));
}

/** A negative age shows that both clocks were set back by an unknown time. */
function positive(age: number): number {
  return age >= 0 ? age : Infinity;
}

/** Whether the record names this pod: by its holder, and by its owner if it is never renewed (lock rule 7). */
function isOwn({ holder, renewedAt, ownerUid }: LockRecord, { identity, podUid }: LockRules): boolean {
  if (!identity.includes(holder)) return false;
  return renewedAt !== undefined || podUid === undefined || ownerUid === podUid;
}

/** An earlier contradiction stands: a sidecar cannot have taken the lock while the API server cannot be reached. */
function withoutRecord(claim: Verdict, belief: LockBelief, { whenUnreachable }: LockRules): Verdict {
  const { version, newest, wasContradicted = false } = belief;
  const byDefault: WhenUnreachable = version?.isNeverRenewed === true ? 'trust-sidecar' : 'demote';
  const isTrusted = (whenUnreachable ?? byDefault) === 'trust-sidecar';
  return isTrusted && (newest !== undefined || !wasContradicted) ? claim : unknown('lock-unreachable');
}

/**
 * By the version if both questions were under way at once, since the server may have answered the later one first;
 * otherwise by the number of the question. A lower version that was asked for afterwards is not older: the server's data
 * were restored.
 */
function isOlder(reading: Reading, newest: Reading): boolean {
  const wereConcurrent = reading.askedAt.monotonicMs < newest.answeredAt.monotonicMs;
  if (wereConcurrent && isLower(newest.record, reading.record)) return false;
  return reading.question < newest.question || (wereConcurrent && isLower(reading.record, newest.record));
}

function isLower(record: Versioned | undefined, than: Versioned | undefined): boolean {
  return record !== undefined && than !== undefined && record.uid === than.uid && record.version < than.version;
}

/**
 * Other writes than renewals, such as of an annotation, make no new version: rivals do not count from them. A time of renewal
 * that is not later than the one before is that of restored data.
 */
function versionOf({ version: before, newest }: LockBelief, { record, askedAt }: Reading): Version | undefined {
  if (record === undefined) return before;
  const { version, uid } = record;
  const renewedAtMs = record.renewedAt?.getTime();
  // A record without a holder says nothing of how its holders renew it.
  const isNeverRenewed = record.holder === '' ? (before?.isNeverRenewed ?? false) : renewedAtMs === undefined;
  if (before?.uid === uid && before.renewedAtMs === renewedAtMs) return { ...before, version, isNeverRenewed };
  const isRenewal = before?.renewedAtMs === undefined || (renewedAtMs ?? 0) > before.renewedAtMs;
  const writtenAfter = isRenewal && !isLower(record, before) ? newest?.askedAt : undefined;
  return { version, uid, renewedAtMs, isNeverRenewed, seenAt: askedAt, writtenAfter };
}
