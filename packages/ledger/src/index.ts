export type {
  CatchUp,
  CatchUpOptions,
  LedgerJob,
  LedgerJobOptions,
  LedgerRunResult,
  LedgerTask,
  OnInterrupted,
  TickOptions,
} from './job/ledger-job.ts';
export type { LedgerEvents } from './ledger/ledger-events.ts';
export type { RunLedgerOptions } from './ledger/ledger-options.ts';
export { RunLedger, type GivenSlot, type LedgerCloseOptions } from './ledger/run-ledger.ts';
export type { LedgerQuery, LedgerRunQuery } from './ledger/run-query.ts';
export { memoryStore, type MemoryStoreOptions } from './memory/memory-store.ts';
export { currentRun, type Run } from './runs/run.ts';
export { LEDGER_SKIP_REASONS, type LedgerSkipReason } from './runs/skip-reason.ts';
export { RUN_STATES } from './store/records.ts';
export type {
  ClaimLimits,
  ClaimOutcome,
  Holder,
  InterruptedQuery,
  InterruptedRun,
  JobRecord,
  JobSchedule,
  JobSlots,
  Notes,
  RunEnd,
  RunQuery,
  RunRecord,
  RunState,
  RunTermRecord,
  Settlement,
  SkipNote,
  SkipQuery,
  SkipRecord,
  Slot,
  SlotClaim,
  TakeOver,
  TermNote,
  TermQuery,
  TermRecord,
} from './store/records.ts';
export { LATEST_EFFECT_MS, type RunStore } from './store/run-store.ts';
