export { drain, type DrainLimits, type DrainOutcome } from './drain.ts';
export { gateBackend } from './gate/gate-backend.ts';
export type { GateOptions, LeaderOnly } from './gate/gate-options.ts';
export { runForkedJob } from './run-forked-job.ts';
