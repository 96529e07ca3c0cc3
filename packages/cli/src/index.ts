export type { OnOutput, Replica, ReplicaState, ReplicaView } from './replicas/replica.ts';
export { startReplicas, type ReplicaSet, type ReplicasOptions } from './replicas/replica-set.ts';
export type { Exit } from './replicas/supervisor-messages.ts';
