import { isDeepStrictEqual } from 'node:util';
import type { LockContent } from '../../lock/lock-content.ts';
import type { ElectionTiming } from '../election-timing.ts';

/** The lock as a candidate last read it, and when its own clock first saw this content. */
export interface ObservedLock {
  readonly content: LockContent;
  readonly atMs: number;
}

/** Returns the observation after `content` was read at `nowMs`; an unchanged one keeps its time. */
export function observe(known: ObservedLock | undefined, content: LockContent, nowMs: number): ObservedLock {
  return isDeepStrictEqual(known?.content, content) && known !== undefined ? known : { content, atMs: nowMs };
}

/**
 * Whether `name` may write itself into the lock.
 *
 * Expiry counts from when the candidate saw the content change, by its own clock; no time in the record is trusted. As in
 * client-go, `startedAtMs` is when the try began, before the lock was read, so that a delayed response does not make
 * the lock look expired.
 */
export function mayTake(observed: ObservedLock, name: string, startedAtMs: number, timing: ElectionTiming): boolean {
  const { holder } = observed.content;
  return holder === '' || holder === name || startedAtMs >= observed.atMs + timing.leaseDurationMs;
}
