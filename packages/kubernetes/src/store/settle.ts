import type { JobRecord, JobSchedule, JobSlots, RunQuery, RunRecord, Settlement } from '@cluster-leader/ledger';
import { requireRoomForJobs } from './room.ts';
import { jobOf, type Registration, type RunDocument } from './run-document.ts';

/** Registers jobs as `RunStore.register` says. */
export function register(document: RunDocument, nowMs: number, jobs: readonly JobSchedule[]): JobRecord[] {
  requireRoomForJobs(
    document,
    jobs.map(({ job }) => job),
  );
  return jobs.map(({ job, fingerprint }) => {
    const entry = jobOf(document, job);
    if (entry.registration?.fingerprint !== fingerprint) {
      const revision = (entry.registration?.revision ?? 0) + 1;
      entry.registration = { fingerprint, settled: nowMs, revision };
    }
    return recordOf(job, entry.registration);
  });
}

/** Moves watermarks as `RunStore.settle` says. */
export function settle(document: RunDocument, settlements: readonly Settlement[]): boolean[] {
  return settlements.map(({ job, revision, upTo }) => {
    const registration = document.jobs.get(job)?.registration;
    if (registration?.revision !== revision) return false;
    registration.settled = Math.max(registration.settled, upTo.getTime());
    registration.revision += 1;
    return true;
  });
}

/** Finds slots without a run as `RunStore.unclaimed` says; a run that was dropped for want of room counts. */
export function unclaimed(document: RunDocument, asked: readonly JobSlots[]): Date[][] {
  return asked.map(({ job, slots }) => {
    const entry = document.jobs.get(job);
    const floor = entry?.droppedUpTo ?? -Infinity;
    return slots.filter((slot) => slot.getTime() > floor && entry?.runs.has(slot.getTime()) !== true);
  });
}

/** Selects runs as `RunStore.runs` says. */
export function selectRuns(document: RunDocument, { from, job, limit, state, to }: RunQuery): RunRecord[] {
  const records: RunRecord[] = [];
  for (const [name, { runs }] of document.jobs) {
    if (job !== undefined && name !== job) continue;
    for (const [slot, { claimedAt, endedAt, token, ...run }] of runs) {
      if (state !== undefined && run.state !== state) continue;
      if (from !== undefined && slot < from.getTime()) continue;
      if (to !== undefined && slot >= to.getTime()) continue;
      records.push({
        job: name,
        slot: new Date(slot),
        ...run,
        claimedAt: new Date(claimedAt),
        endedAt: endedAt === undefined ? undefined : new Date(endedAt),
        fencingToken: token === undefined ? undefined : BigInt(token),
      });
    }
  }
  return records.toSorted((a, b) => b.slot.getTime() - a.slot.getTime() || compareBytes(a.job, b.job)).slice(0, limit);
}

/** Lists registered jobs as `RunStore.jobs` says. */
export function listJobs({ jobs }: RunDocument): JobRecord[] {
  return Array.from(jobs, ([job, { registration }]) => registration && recordOf(job, registration))
    .filter((record) => record !== undefined)
    .toSorted((a, b) => compareBytes(a.job, b.job));
}

function recordOf(job: string, { fingerprint, revision, settled }: Registration): JobRecord {
  return { job, fingerprint, settled: new Date(settled), revision };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
