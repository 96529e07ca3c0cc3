export type { CutOffKind } from './api-path.ts';
export type { Candidate, CandidateEnv, CandidateState } from './candidate.ts';
export type { WaitOptions } from './changes.ts';
export type { Dialect } from './dialect.ts';
export { startElection } from './election.ts';
export type { Election } from './election.ts';
export type { ElectionOptions, ElectionTiming } from './election-options.ts';
export type { ScriptedAnswer, ScriptedBytes, ScriptedResponse } from './scripted-answer.ts';
