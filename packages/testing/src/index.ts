export {
  adapterContract,
  type ContractCase,
  type MountAdapter,
  type MountedAdapter,
} from './contract/adapter-contract.ts';
export type { CutOffKind } from './api-server/api-path.ts';
export type { Candidate, CandidateEnv, CandidateState } from './election/candidate.ts';
export type { WaitOptions } from './changes.ts';
export type { Dialect } from './sidecar/dialect.ts';
export { startElection } from './election/election.ts';
export type { Election } from './election/election.ts';
export type { ElectionOptions } from './election/election-options.ts';
export type { ElectionTiming } from './sidecar/election-timing.ts';
export type { ScriptedAnswer, ScriptedBytes, ScriptedResponse } from './sidecar/scripted-answer.ts';
export { fakeLeader, type FakeLeader } from './fake-leader.ts';
