/** Every reason of the ledger not to run a slot; reasons not to lead are core's. */
export const LEDGER_SKIP_REASONS = [
  'claimed', // the slot has a run already, here or on another pod
  'ledger-unavailable', // the store did not answer in time; catch-up makes the slot up, if the job asks for it
  'clock-ahead', // by the store's clock the slot is yet to come: this pod's clock is ahead
  'too-late', // the slot is older than the ledger remembers
  'overlap', // another run of the job is under way in this process
] as const;

/** Why the ledger skipped a run. */
export type LedgerSkipReason = (typeof LEDGER_SKIP_REASONS)[number];
