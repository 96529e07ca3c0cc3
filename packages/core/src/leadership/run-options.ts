import { invalidOption } from '../errors.ts';
import { requireKnownOptions } from '../settings/known-options.ts';
import { requireDuration } from '../settings/timing.ts';
import type { RunOptions } from './cluster-leader.ts';

/** A gate that accepts an answer of this age checks once for all the jobs of one tick. */
export const GATE_MAX_AGE_MS = 100;

const RUN_OPTIONS = ['name', 'maxAgeMs', 'signal'];

/** Returns the own options of a run; throws ERR_INVALID_OPTION if a run cannot have them. */
export function requireRunOptions(options: RunOptions): RunOptions {
  const own = requireKnownOptions(options, RUN_OPTIONS);
  const { maxAgeMs = 0, signal } = own;
  if (maxAgeMs !== 0 && maxAgeMs !== Number.POSITIVE_INFINITY)
    requireDuration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
  requireSignal(signal);
  return own;
}

/** Throws ERR_INVALID_OPTION unless it is absent or a signal: by what it can do, since a test runner may bring its own. */
export function requireSignal(signal: unknown): void {
  if (signal === undefined) return;
  if (typeof signal === 'object' && signal !== null && 'aborted' in signal && 'throwIfAborted' in signal) return;
  throw invalidOption('signal', signal, 'an AbortSignal');
}
