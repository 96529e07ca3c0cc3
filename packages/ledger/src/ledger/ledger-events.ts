import type { LedgerSkipReason } from '../runs/skip-reason.ts';

/** A run that an event is about. */
interface RunEvent {
  readonly job: string;
  readonly slot: Date;
  readonly attempt: number;
}

/** The events of a ledger, each emitted by the pod that notices. */
export interface LedgerEvents {
  /** The ledger has skipped a run, though this pod leads. */
  skipped: { readonly job: string; readonly slot: Date; readonly reason: LedgerSkipReason };
  /** Missed slots of a job will not be made up: so many, from the first to the last of them. */
  gaveUp: { readonly job: string; readonly count: number; readonly from: Date; readonly to: Date };
  /** A run rejected after its signal aborted, or lost its process on `pod`; `rerun` says whether it is to be run again. */
  interrupted: RunEvent & { readonly pod: string; readonly rerun: boolean };
  /** A run was interrupted too often or too long ago, and will not be run again. */
  abandoned: RunEvent & { readonly pod: string };
  /** A run that was made up has rejected. No scheduler awaits it, so that nothing else reports the error. */
  failed: RunEvent & { readonly error: unknown };
  /** The store does not answer; runs are skipped until `available`. */
  unavailable: { readonly error: unknown };
  /** The store answers again, after `unavailableMs`. */
  available: { readonly unavailableMs: number };
  /** The clocks of this pod and of the store differ by more than a second; positive if this pod's is ahead. */
  clockSkew: { readonly skewMs: number };
}

export const LEDGER_EVENTS: readonly (keyof LedgerEvents)[] = [
  'skipped',
  'gaveUp',
  'interrupted',
  'abandoned',
  'failed',
  'unavailable',
  'available',
  'clockSkew',
];
