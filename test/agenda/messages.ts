import type { Kind } from './databases.ts';

/** What a replica is started with. */
export interface ReplicaSettings {
  readonly kind: Kind;
  readonly url: string;
  readonly space: string;
  /** Where the gate is: in the backend, or in the processor, which is the mistake that the control makes. */
  readonly gate: 'backend' | 'processor';
  readonly processEveryMs: number;
  readonly lockLifetimeMs: number;
}

/** The two kinds of job: one that the leader alone takes, and one that anybody takes. */
export type JobName = 'leader-only' | 'anybody';

/** What a replica is told. */
export type Order =
  | { readonly do: 'start'; readonly settings: ReplicaSettings }
  | { readonly do: 'elect' | 'demote' | 'end' }
  | { readonly do: 'now'; readonly name: JobName; readonly job: number }
  | { readonly do: 'schedule'; readonly name: JobName; readonly job: number; readonly inMs: number };

/** What a replica tells, in the order in which it happens. */
export type News =
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
