import type { UnknownReason, Verdict } from '../belief/verdict.ts';
import { ClusterLeaderError } from '../errors.ts';

/** How checks and gates treat an unknown standing: nothing runs, an error is thrown, or work goes ahead. */
export type OnUnknown = 'follower' | 'throw' | 'leader';

export const ON_UNKNOWN: readonly OnUnknown[] = ['follower', 'throw', 'leader'];

/** Reasons that only a sidecar that has answered can cause. */
const ANSWERED: ReadonlySet<UnknownReason> = new Set([
  'no-leader',
  'settling',
  'stale',
  'unconfirmed',
  'lock-expired',
  'lock-unreachable',
]);

/** Whether this verdict shows that a usable answer has come. */
export function showsAnswer(verdict: Verdict): boolean {
  return verdict.standing !== 'unknown' || ANSWERED.has(verdict.reason);
}

/**
 * Whether work goes ahead although it is unknown who leads (rule 8): not before the first usable answer, and never once
 * closed.
 */
export function failsOpen(verdict: Verdict, onUnknown: OnUnknown, wasAnswered: boolean): boolean {
  if (onUnknown !== 'leader' || verdict.standing !== 'unknown') return false;
  return wasAnswered && verdict.reason !== 'closed';
}

/** Throws ERR_LEADER_UNKNOWN if an unknown standing is to throw. */
export function throwIfUnknown(verdict: Verdict, onUnknown: OnUnknown): void {
  if (onUnknown !== 'throw' || verdict.standing !== 'unknown') return;
  const message = `It is not known who leads (${verdict.reason}). status() shows what the sidecar answered last.`;
  throw new ClusterLeaderError('ERR_LEADER_UNKNOWN', message);
}
