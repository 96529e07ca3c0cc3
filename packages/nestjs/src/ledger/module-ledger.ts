import type { ClusterLeader } from '@cluster-leader/core';
import type { CatchUpOptions, LedgerJob, LedgerJobOptions } from '@cluster-leader/ledger';

/** A `RunLedger` of `@cluster-leader/ledger`, as far as the module needs it. */
export interface ModuleLedger {
  register(leader: ClusterLeader, options: LedgerJobOptions): LedgerJob;
  close(options: { readonly drainMs: number }): Promise<void>;
}

const OPTIONS: Readonly<Record<keyof CatchUpOptions, true>> = {
  catchUp: true,
  catchUpWindowMs: true,
  maxCatchUp: true,
  interrupted: true,
  maxAttempts: true,
};

/** The options of a decorator that only a ledger gives a meaning to. */
export const CATCH_UP_OPTIONS: readonly string[] = Object.keys(OPTIONS);
