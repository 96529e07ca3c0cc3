export type { Replica } from './replicas/replica.ts';
export type { OnOutput } from './replicas/output/replica-output.ts';
export type { ReplicaState, ReplicaView } from './replicas/replica-view.ts';
export { startReplicas, type ReplicaSet, type ReplicasOptions } from './replicas/replica-set.ts';
export type { Exit } from './processes/supervisor-messages.ts';
