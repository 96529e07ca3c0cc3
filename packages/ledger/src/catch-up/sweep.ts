import type { Term } from '@cluster-leader/core';
import type { RegisteredJob } from '../job/registered-job.ts';
import type { InterruptedRun } from '../store/records.ts';
import { decideCatchUp, type CatchUpDecision } from './decide.ts';
import { dueSlots, missingSlots, type DueSlots } from './due-slots.ts';
import { settleLostRuns } from './lost-runs.ts';
import type { MakeUpPlan } from './make-up.ts';
import { turn } from './slots.ts';
import type { SweepParts } from './sweep-parts.ts';

/** How many jobs are looked at before the event loop gets a turn: each takes a host up to a quarter of a millisecond. */
const JOBS_PER_TURN = 20;

const NOTHING: Found = { plans: [], isDisturbed: false };

interface Decided extends DueSlots, CatchUpDecision {}

/** What a sweep has found. */
interface Found {
  readonly plans: readonly MakeUpPlan[];
  /** Whether another leader, or a released claim, has moved a watermark meanwhile, so that a sweep has to follow. */
  readonly isDisturbed: boolean;
}

/**
 * Looks once for missed slots and interrupted runs of jobs, settles what is not made up, and resolves with the rest.
 *
 * Rejects if the store does not answer; then the same is found again. It stops early when the term ends.
 */
export async function sweep(parts: SweepParts, term: Term, all: readonly RegisteredJob[]): Promise<Found> {
  const { link, holder, heartbeat, reports } = parts;
  const jobs = all.filter((job) => !job.isMakingUp && !job.isClosed);
  if (jobs.length === 0) return NOTHING;
  const nowMs = (await heartbeat.beat()).getTime(); // first, or this process's own runs might look silent
  const schedules = jobs.map(({ options: { name, fingerprint } }) => ({ job: name, fingerprint }));
  const records = await link.call((store) => store.register(holder.namespace, schedules));
  const ranges = [];
  for (const [index, job] of jobs.entries()) {
    if (index % JOBS_PER_TURN === JOBS_PER_TURN - 1) await turn();
    const record = records[index];
    const problem = (text: string): void => reports.enumerationFailed(job.options.name, text);
    const range = record === undefined ? undefined : await dueSlots(job, record, nowMs, problem);
    if (range !== undefined) ranges.push(range);
  }
  const isHeld = (job: string, slotMs: number): boolean => heartbeat.held.has({ job, slot: new Date(slotMs) });
  const found = await missingSlots(link, holder.namespace, ranges, isHeld);
  if (term.signal.aborted) return NOTHING;
  const decided = found.map((slots) => ({
    ...slots,
    ...decideCatchUp(slots.job.options, nowMs, slots.newestMs, slots.missing),
  }));
  const settled = await settle(parts, decided);
  const reruns = await settleLostRuns(parts, term, jobs, nowMs);
  return { plans: plans(term, jobs, settled, reruns), isDisturbed: settled.length < decided.length };
}

/** Moves each watermark up to the first slot that is made up, reports what that gives up, and resolves with what has moved. */
async function settle({ link, holder, reports }: SweepParts, decided: readonly Decided[]): Promise<readonly Decided[]> {
  if (decided.length === 0) return [];
  const settlements = decided.map(({ job, makeUp: [first], revision, upToMs }) => ({
    job: job.options.name,
    revision,
    upTo: new Date(first === undefined ? upToMs : first - 1),
  }));
  const report = (isSettled: (index: number) => boolean): void => {
    for (const [index, { job, giveUp }] of decided.entries()) {
      if (giveUp === undefined || !isSettled(index)) continue;
      const { count, fromMs, toMs } = giveUp;
      const event = { job: job.options.name, count, from: new Date(fromMs), to: new Date(toMs) };
      reports.gaveUp(event, job.options.catchUp === 'none');
    }
  };
  try {
    const settled = await link.call((store) => store.settle(holder.namespace, settlements));
    report((index) => settled[index] === true);
    return decided.filter((_, index) => settled[index] === true);
  } catch (error) {
    report(() => true); // it may have taken effect: better reported twice than never
    throw error;
  }
}

function plans(
  term: Term,
  jobs: readonly RegisteredJob[],
  decided: readonly Decided[],
  reruns: readonly InterruptedRun[],
): MakeUpPlan[] {
  const decidedOf = new Map(decided.map((slots) => [slots.job, slots]));
  return jobs
    .map((job) => {
      const { makeUp: slots = [], revision = 0, upToMs = 0 } = decidedOf.get(job) ?? {};
      const own = reruns.filter((run) => run.job === job.options.name);
      return { job, term, slots, revision: revision + 1, upToMs, reruns: own }; // settled once already
    })
    .filter((plan) => plan.slots.length + plan.reruns.length > 0);
}
