import type { Answer } from './answer.ts';
import type { Instant } from './clock.ts';

/** One usable answer of the sidecar, and when it was asked for. */
export interface Observation {
  /** Counts the requests of the process: observations are ordered by it, because clocks can be set back. */
  readonly question: number;
  /** When the attempt that answered was sent: the answer may have been true only at that moment. */
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
  /** Which pod the answer names as the leader: this one, another one, or none. */
  readonly claim: 'self' | 'other' | 'none';
  /** The leader's name in the answer. */
  readonly leader: string | undefined;
  /** See {@link DatedAnswer.wasSilent}. */
  readonly wasSilent?: boolean | undefined;
}

/**
 * Says which pod an answer names as the leader.
 *
 * Names are compared exactly. A flag elects only beside a matching name, or if the answer has no name at all; a flag
 * that says no is believed, whatever the name is.
 */
export function claimOf({ leader, isLeader }: Answer, identity: readonly string[]): Observation['claim'] {
  if (leader === '') return 'none';
  if (isLeader === false) return 'other';
  if (leader === undefined) return isLeader === true ? 'self' : 'none';
  return identity.includes(leader) ? 'self' : 'other';
}
