import { invalidOption } from '../errors.ts';
import { ownOptions, requireKnownOptions } from '../settings/known-options.ts';
import { requireDuration } from '../settings/timing.ts';
import type { RunOptions } from './cluster-leader.ts';

/** A gate that accepts an answer of this age checks once for all the jobs of one tick. */
export const GATE_MAX_AGE_MS = 100;

const RUN_OPTIONS = ['name', 'maxAgeMs', 'signal'];

/** Returns the own options of a run; throws ERR_INVALID_OPTION if a run cannot have them. */
export function requireRunOptions(options: RunOptions): RunOptions {
  requireKnownOptions(options, RUN_OPTIONS);
  const own = ownOptions(options);
  const { maxAgeMs = 0, signal } = own;
  if (maxAgeMs !== 0 && maxAgeMs !== Number.POSITIVE_INFINITY)
    requireDuration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
  if (signal !== undefined && !isSignal(signal)) throw invalidOption('signal', signal, 'an AbortSignal');
  return own;
}

/** Judged by what it can do, because a test runner may bring another AbortSignal. */
function isSignal(signal: unknown): boolean {
  return typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal;
}
