import { invalidOption } from '../errors.ts';
import { requireKnownOptions } from '../settings/known-options.ts';
import { requireDuration } from '../settings/timing.ts';
import type { RunOptions } from './cluster-leader.ts';

/** A gate that accepts an answer of this age checks once for all the jobs of one tick. */
export const GATE_MAX_AGE_MS = 100;

const RUN_OPTIONS = ['name', 'maxAgeMs', 'signal'];

/** Throws ERR_INVALID_OPTION if a run cannot have these options. */
export function requireRunOptions(options: RunOptions): void {
  requireKnownOptions(options, RUN_OPTIONS);
  const { maxAgeMs = 0, signal } = options;
  if (maxAgeMs !== 0 && maxAgeMs !== Number.POSITIVE_INFINITY)
    requireDuration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidOption('signal', signal, 'an AbortSignal');
}
