import type { Kind } from '../../agenda/databases.ts';

/** Where a store of runs is. */
export interface StoreAddress {
  readonly kind: Kind;
  readonly url: string;
}

/** What runs the job of a replica; `'node-cron-alone'`, the control, has no ledger. */
export type Host = 'node-cron' | 'node-cron-alone' | 'nestjs';

/** The settings with which a replica starts. */
export interface ReplicaSettings {
  readonly host: Host;
  readonly pod: string;
  readonly store: StoreAddress;
  /** The Postgres with the table in which the job leaves its traces: no fault of the store reaches it. */
  readonly traceUrl: string;
  /** Names the table, and the namespace in the store. */
  readonly space: string;
  readonly interrupted: 'leave' | 'rerun';
  readonly expiryMs: number;
  /** How long a run takes. */
  readonly workMs: number;
}

/** A message to a replica. */
export type Order =
  | { readonly do: 'start'; readonly settings: ReplicaSettings }
  | { readonly do: 'elect' | 'demote' | 'end' }
  | { readonly do: 'block'; readonly ms: number };

/** A message from a replica about one slot, sent when it happens. */
export interface SlotReport {
  /** `'not-claimed'`: the store did not answer. */
  readonly what: 'began' | 'ended' | 'interrupted' | 'not-claimed';
  readonly slotMs: number;
}

/** A message from a replica, sent when it happens. */
export type Report =
  | SlotReport
  | { readonly what: 'ready' | 'elected' | 'demoted' | 'unblocked' | 'unavailable' | 'available' }
  | { readonly what: 'gave-up'; readonly count: number }
  | { readonly what: 'clock-skew'; readonly skewMs: number };
