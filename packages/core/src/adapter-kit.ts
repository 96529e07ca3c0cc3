/**
 * What adapters and commands share with core, for whoever writes one more.
 *
 * @module
 */
export { isLoopback } from './endpoint.ts';
export { invalidOption } from './errors.ts';
export { isTruncatedName } from './identity.ts';
export { requireKnownOptions } from './known-options.ts';
export { parseAnswer, readAnswer } from './answer.ts';
export { withLimit } from './patience.ts';
export { NOT_LEADING_REASONS, UNKNOWN_REASONS } from './belief.ts';
export { RunTracker } from './run-tracker.ts';
export { LONGEST_TIMER_MS, parseDuration, requireDuration } from './timing.ts';
