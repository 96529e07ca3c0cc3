import type { Exit } from '../processes/supervisor-messages.ts';

/** Whether the app of a replica runs, is paused, is being started or ended, or has ended. */
export type ReplicaState = 'starting' | 'running' | 'paused' | 'ending' | 'dead';

/** One replica at one moment, as plain data. */
export interface ReplicaView {
  readonly name: string;
  readonly port: number;
  readonly state: ReplicaState;
  /** Whether its sidecar names it as the leader; this may be true of several at a time. */
  readonly leads: boolean;
  /** Whether its sidecar is cut off from the API server. */
  readonly isCutOff: boolean;
  /** How its app ended last. */
  readonly exit?: Exit | undefined;
  /** Why it could not be started again. */
  readonly problem?: string | undefined;
}
