import type { ElectionTiming } from '../sidecar/election-timing.ts';
import type { LockContent } from './lock-content.ts';

/** How a program writes its lock. */
export interface LockHabits {
  /** The lease for which the other durations were measured. */
  readonly usualLeaseMs: number;
  /** Whether the object is a Lease, whose times have microseconds; an annotation has whole seconds. */
  readonly isLease: boolean;
  /** Whether a renewal sets the number of transitions to 0. */
  readonly forgetsTransitions: boolean;
}

/** Returns what `name` writes at `now` to acquire or renew a lock whose content is `known`; undefined if there is no object yet. */
export function claimed(
  known: LockContent | undefined,
  name: string,
  now: Date,
  timing: ElectionTiming,
  habits: LockHabits,
): LockContent {
  const renewTime = timeText(now, timing, habits);
  const written = { holder: name, leaseDurationSeconds: timing.leaseDurationMs / 1_000, renewTime };
  if (known === undefined) return { ...written, acquireTime: renewTime, transitions: 0 };
  const { acquireTime = renewTime, transitions = 0 } = known;
  if (known.holder !== name) return { ...written, acquireTime: renewTime, transitions: transitions + 1 };
  return { ...written, acquireTime, transitions: habits.forgetsTransitions ? 0 : transitions };
}

/** Returns what a holder writes at `now` to release its lock: nobody, for one second of its usual lease. */
export function released(known: LockContent, now: Date, timing: ElectionTiming, habits: LockHabits): LockContent {
  const time = timeText(now, timing, habits);
  const leaseDurationSeconds = timing.leaseDurationMs / habits.usualLeaseMs;
  return { ...known, holder: '', leaseDurationSeconds, acquireTime: time, renewTime: time };
}

/**
 * Returns a time as the program writes it.
 *
 * Annotations have whole seconds, a tenth of a usual lease. That could be a whole lease of a test, so the resolution
 * shrinks with a lease that is shorter than usual.
 */
export function timeText(
  now: Date,
  { leaseDurationMs }: ElectionTiming,
  { isLease, usualLeaseMs }: LockHabits,
): string {
  if (isLease) return now.toISOString().replace('Z', '000Z');
  const resolutionMs = Math.min(1_000, Math.max(1, Math.round((1_000 * leaseDurationMs) / usualLeaseMs)));
  const text = new Date(Math.floor(now.getTime() / resolutionMs) * resolutionMs).toISOString();
  return resolutionMs === 1_000 ? text.replace('.000Z', 'Z') : text;
}
