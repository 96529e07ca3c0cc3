import type { ClaimLimits, ClaimOutcome, Holder, Slot, SlotClaim } from '@cluster-leader/ledger';
import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { jobOf, type JobEntry, type RunDocument } from './run-document.ts';
import { requireRoomForJobs } from './room.ts';

/** The shortest time between two slots of a job, in milliseconds: each costs two writes. */
const SHORTEST_PERIOD_MS = 60_000;

/** Claims slots as `RunStore.claim` says; nothing is changed if one of the jobs is refused. */
export function claim(
  document: RunDocument,
  nowMs: number,
  holder: Holder,
  claims: readonly SlotClaim[],
  limits: ClaimLimits,
): ClaimOutcome[] {
  const outcomes = claims.map((one) => judge(document.jobs.get(one.job), nowMs, holder, one, limits));
  const fresh = claims.filter((one, index) => outcomes[index] === 'claimed' && runOf(document, one) === undefined);
  requireRoomForJobs(
    document,
    fresh.map(({ job }) => job),
  );
  requirePeriods(document, fresh);
  for (const { job, slot, madeUp, term, fencingToken } of fresh) {
    jobOf(document, job).runs.set(slot.getTime(), {
      state: 'running',
      attempt: 1,
      madeUp,
      holder: holder.id,
      pod: holder.pod,
      claimedAt: nowMs,
      term,
      token: fencingToken?.toString(),
    });
  }
  return outcomes;
}

/** Deletes claims as `RunStore.release` says. */
export function release(document: RunDocument, holder: Holder, slots: readonly Slot[]): void {
  for (const { job, slot } of slots) {
    const entry = document.jobs.get(job);
    const run = entry?.runs.get(slot.getTime());
    if (run?.state !== 'running' || run.holder !== holder.id || run.attempt !== 1) continue;
    entry?.runs.delete(slot.getTime());
    const registration = entry?.registration;
    if (registration === undefined) continue;
    registration.settled = Math.min(registration.settled, slot.getTime() - 1);
    registration.revision += 1;
  }
}

function judge(
  entry: JobEntry | undefined,
  nowMs: number,
  holder: Holder,
  { slot }: Slot,
  { aheadMs, retentionMs }: ClaimLimits,
): ClaimOutcome {
  const slotMs = slot.getTime();
  const run = entry?.runs.get(slotMs);
  if (run !== undefined) {
    return run.holder === holder.id && run.state === 'running' && run.attempt === 1 ? 'claimed' : 'taken';
  }
  if (slotMs > nowMs + aheadMs) return 'clock-ahead';
  if (slotMs < nowMs - retentionMs) return 'too-late';
  return entry?.droppedUpTo !== undefined && slotMs <= entry.droppedUpTo ? 'taken' : 'claimed';
}

function requirePeriods(document: RunDocument, fresh: readonly SlotClaim[]): void {
  for (const [job, claims = []] of Map.groupBy(fresh, (one) => one.job)) {
    const known = document.jobs.get(job)?.runs.keys() ?? [];
    const slots = [...known, ...claims.map(({ slot }) => slot.getTime())].toSorted((a, b) => a - b);
    const isTooFine = slots.some((slot, index) => slot - (slots[index - 1] ?? -Infinity) < SHORTEST_PERIOD_MS);
    if (isTooFine) throw invalidOption('job', job, 'scheduled at most once a minute with configMapStore()');
  }
}

function runOf(document: RunDocument, { job, slot }: Slot): unknown {
  return document.jobs.get(job)?.runs.get(slot.getTime());
}
