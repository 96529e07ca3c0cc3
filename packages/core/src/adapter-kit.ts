/**
 * What adapters and commands share. Use it to write an adapter for another scheduler.
 *
 * @module
 */
export { isLoopback } from './settings/endpoint.ts';
export { invalidOption } from './errors.ts';
export { isTruncatedName } from './settings/identity.ts';
export { ageMs, readClock } from './belief/clock.ts';
export { Emitter } from './leadership/emitter.ts';
export { inModuleContext } from './runtime/module-context.ts';
export { processWide } from './runtime/process-wide.ts';
export { requireKnownOptions } from './settings/known-options.ts';
export { parseAnswer, readAnswer } from './belief/answer.ts';
export { harmlessWhen } from './runtime/harmless-rejection.ts';
export { startLimit } from './runtime/limit.ts';
export { pause, withLimit } from './runtime/patience.ts';
export { NOT_LEADING_REASONS, UNKNOWN_REASONS } from './belief/verdict.ts';
export { RunTracker } from './runtime/run-tracker.ts';
export { LONGEST_TIMER_MS } from './runtime/longest-timer.ts';
export { connectUnreferenced } from './sidecar/sockets.ts';
export { defaultLogger, emitWarning, harmless, type HarmlessLogger } from './settings/logger.ts';
export { parseDuration, requireDuration, resolveTiming, type Timing } from './settings/timing.ts';
