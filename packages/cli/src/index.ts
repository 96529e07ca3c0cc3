export type { Exit } from './processes/supervisor-messages.ts';
export type { OnOutput } from './replicas/output/replica-output.ts';
export type { ReplicaSet } from './replicas/replica-set.ts';
export type { ReplicaState, ReplicaView } from './replicas/replica-view.ts';
export type { Replica } from './replicas/replica.ts';
export type { ReplicasOptions } from './replicas/replicas-options.ts';
export { startReplicas } from './replicas/start-replicas.ts';
