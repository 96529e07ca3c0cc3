import type { Exit } from '../processes/supervisor-messages.ts';

/** Whether the app of a replica runs, is paused, is being started or ended, or has ended. */
export type ReplicaState = 'starting' | 'running' | 'paused' | 'ending' | 'dead';

/** One replica at one moment, as plain data. */
export interface ReplicaView {
  /** The name of its pod, such as `pod-1`. */
  readonly name: string;
  /** The TCP port that its app receives in `PORT`. */
  readonly port: number;
  readonly state: ReplicaState;
  /** Whether its sidecar names it as the leader. This can be true of several replicas at the same time. */
  readonly leads: boolean;
  /**
   * Whether its pod holds the lock of the election. A sidecar that is cut off can lead without it; an app that reads the
   * lock record then does not.
   */
  readonly holdsLock: boolean;
  /** Whether its sidecar is cut off from the API server. */
  readonly isCutOff: boolean;
  /** How its app ended last. */
  readonly exit?: Exit | undefined;
  /** Why the app could not be started. */
  readonly problem?: string | undefined;
}
