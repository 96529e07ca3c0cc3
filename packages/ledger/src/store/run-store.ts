import type {
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
  Settlement,
  SkipQuery,
  SkipRecord,
  Slot,
  SlotClaim,
  TakeOver,
  TermQuery,
  TermRecord,
} from './records.ts';

/**
 * Where all replicas record which slots have run. `RunLedger` is its only caller; write one for a database of your own, and
 * test it with `runStoreContract` of `@cluster-leader/testing`.
 *
 * What holds for every verb:
 * - Time is judged by the store's clock, never by the caller's. Instants are whole milliseconds since 1970, exactly.
 * - Each verb is atomic per row, and repeating it after a lost reply does no harm: that is how callers resolve one.
 * - A batch is answered in the order in which it was given. It may be written in any order; a store that locks rows writes
 *   them sorted by job and slot, because two unsorted batches deadlock. An empty batch costs no round trip.
 * - Serialization failures, deadlocks and the loss of an optimistic race are retried inside the store, a few times. Lost
 *   connections and timeouts are not: those reject at once, and the ledger decides.
 * - A rejection with a `ClusterLeaderError` is a mistake in the set-up, which no retry mends: it is reported each time with
 *   its message. Any other rejection means that the store is unavailable. It leaves open whether the verb has taken effect.
 * - Nothing takes effect later than {@link LATEST_EFFECT_MS} after the call, even if the caller has given up: a store limits
 *   its statements accordingly.
 * - Namespaces, jobs and pods are text of any script, compared byte by byte.
 */
export interface RunStore {
  /**
   * Creates the tables or indices that are missing. All replicas may call it at once, and again at each start.
   *
   * If everything exists, it needs no right to create anything and does nothing.
   */
  migrate(): Promise<void>;

  /**
   * Resolves with the watermark of each job, in the given order (ledger rule 9).
   *
   * A job that is unknown, or known by another fingerprint, is stored with this fingerprint, `settled` at the store's now,
   * and the next revision. A known one stays as it is.
   */
  register(namespace: string, jobs: readonly JobSchedule[]): Promise<JobRecord[]>;

  /**
   * Claims slots for attempt 1, and resolves with one outcome each:
   * - `'claimed'`: the run is recorded as running and held by `holder`, now or by an earlier call of the same holder whose
   *   run is still running with attempt 1.
   * - `'taken'`: the slot has a run already, of another holder, or one that has ended.
   * - `'clock-ahead'`: the slot is later than now + `aheadMs`. Nothing was written.
   * - `'too-late'`: the slot is older than now - `retentionMs`. Nothing was written.
   *
   * The job need not be registered. A batch never contains a slot twice.
   */
  claim(holder: Holder, claims: readonly SlotClaim[], limits: ClaimLimits): Promise<ClaimOutcome[]>;

  /**
   * Deletes those of the runs that `holder` holds, running, with attempt 1: the caller vouches that they have not begun.
   * The others stay as they are.
   *
   * In the same transaction as a deletion, the job, if it is registered, gets the next revision, and its watermark moves
   * back to 1 ms before the slot, unless it is earlier already. A sweep may have taken the claim for a run: it must find
   * the slot again, and a settlement that it has decided on, but not written yet, must fail.
   */
  release(holder: Holder, slots: readonly Slot[]): Promise<void>;

  /**
   * Records how runs ended, each only if `holder` holds it with this attempt and it is running, and resolves with whether
   * it did. The state `'abandoned'` may also replace `'interrupted'`, under the same holder and attempt.
   *
   * Only `holder.id` and `holder.namespace` are compared: a leader also ends the runs of a holder that has died in its name.
   * Of `error` the first 2 048 bytes are kept, without half a character at the end.
   */
  finish(holder: Holder, ends: readonly RunEnd[]): Promise<boolean[]>;

  /** Resolves, for each entry, with those of its slots that have no run of any state, in the given order. */
  unclaimed(namespace: string, asked: readonly JobSlots[]): Promise<Date[][]>;

  /**
   * Moves watermarks forward to `upTo`, and resolves with whether it did: a compare-and-swap on the job's revision, which
   * increases by one. A later watermark stays, with the next revision all the same.
   */
  settle(namespace: string, settlements: readonly Settlement[]): Promise<boolean[]>;

  /**
   * Records that the holder is alive. `now` is the store's clock; `lapsed` says that the beat before this one is known and
   * at least `expiryMs` older.
   */
  beat(holder: Holder, expiryMs: number): Promise<{ readonly now: Date; readonly lapsed: boolean }>;

  /**
   * Resolves with runs that have lost their process, the oldest slot first, at most 1 000:
   * - of all `jobs`: running ones that were claimed or taken over at least `expiryMs` ago, and whose holder has not beaten
   *   for as long (a holder that never has counts as silent);
   * - of the jobs in `rerun`: those that ended as `'interrupted'`.
   */
  interrupted(namespace: string, query: InterruptedQuery): Promise<InterruptedRun[]>;

  /**
   * Takes an interrupted run over, and resolves with its new attempt, or with undefined if it is not as described any more.
   *
   * A compare-and-swap on holder, attempt and state: a running run must also still be silent as in `interrupted()`. The run
   * is then running, held by `holder`, with the next attempt, made up, and claimed now; `endedAt` and `error` are cleared.
   * Repeated by the same holder while that attempt is running, it resolves with it again.
   */
  takeOver(holder: Holder, run: TakeOver, expiryMs: number): Promise<number | undefined>;

  /**
   * Records terms and skips (ledger rule 22). A term is identified by holder, election, number and `from`; a repeated note adds
   * its end. The count of a skip is the total of this holder, job, reason and minute so far: the greater one stays. A store
   * with little room may keep the newest notes only, or none.
   */
  note(holder: Holder, notes: Notes): Promise<void>;

  /**
   * Deletes what is older than `retentionMs`: runs that are not running and whose slot is also not later than the
   * watermark of their job, if that is registered; terms that have ended; skips; holders that hold no running run.
   */
  prune(namespace: string, retentionMs: number): Promise<void>;

  /** Resolves with the runs that match, the newest slot first, then by job. */
  runs(namespace: string, query: RunQuery): Promise<RunRecord[]>;

  /** Resolves with the terms that match, the newest beginning first. */
  terms(namespace: string, query: TermQuery): Promise<TermRecord[]>;

  /** Resolves with the skips that match, the newest minute first, then by job and reason; the counts of all holders of a pod are summed up. */
  skips(namespace: string, query: SkipQuery): Promise<SkipRecord[]>;

  /** Resolves with all registered jobs, by name. */
  jobs(namespace: string): Promise<JobRecord[]>;

  /** Frees what the store itself has opened, never a pool or client that it was given. Idempotent. */
  close(): Promise<void>;
}

/** The latest time, in milliseconds after its call, at which a verb may still take effect. */
export const LATEST_EFFECT_MS = 5_000;
