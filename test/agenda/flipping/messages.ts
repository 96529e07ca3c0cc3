import type { Kind } from '../databases.ts';

/** The settings with which a replica starts. */
export interface ReplicaSettings {
  readonly kind: Kind;
  readonly url: string;
  readonly space: string;
  /** Where the gate is: in the backend, or, as the control, in the processor, which loses jobs. */
  readonly gate: 'backend' | 'processor';
  readonly processEveryMs: number;
  readonly lockLifetimeMs: number;
}

/** The two jobs: one is leader-only, any replica takes the other. */
export type JobName = 'leader-only' | 'any-replica';

/** A message to a replica. */
export type Order =
  | { readonly do: 'start'; readonly settings: ReplicaSettings }
  | { readonly do: 'elect' | 'demote' | 'end' }
  | { readonly do: 'now'; readonly name: JobName; readonly job: number }
  | { readonly do: 'schedule'; readonly name: JobName; readonly job: number; readonly inMs: number };

/** A message from a replica, sent when it happens. */
export type Report =
  | { readonly what: 'ready' | 'elected' | 'demoted' }
  | { readonly what: 'scheduled'; readonly job: number }
  | {
      readonly what: 'begun';
      readonly job: number;
      readonly atMs: number;
      readonly lockedAtMs: number;
      readonly standing: string;
    }
  | { readonly what: 'ended'; readonly job: number }
  | { readonly what: 'complete'; readonly job: number }
  | { readonly what: 'error'; readonly message: string };
