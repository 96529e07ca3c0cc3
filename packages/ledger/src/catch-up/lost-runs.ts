import type { Term } from '@cluster-leader/core';
import type { RegisteredJob } from '../job/registered-job.ts';
import type { InterruptedRun } from '../store/records.ts';
import { decideInterrupted } from './decide.ts';
import type { SweepParts } from './sweep-parts.ts';

/** A lost run that is not run again. */
interface FinalRun {
  readonly run: InterruptedRun;
  readonly state: 'interrupted' | 'abandoned';
}

/** Ends the runs that have lost their process and are not run again, and reports each; resolves with the others. */
export async function settleLostRuns(
  parts: SweepParts,
  term: Term,
  jobs: readonly RegisteredJob[],
  nowMs: number,
): Promise<readonly InterruptedRun[]> {
  const { link, holder, heartbeat, reports, expiryMs } = parts;
  const optionsOf = new Map(jobs.map(({ options }) => [options.name, options]));
  const rerun = [...optionsOf.values()].filter(({ interrupted }) => interrupted === 'rerun').map(({ name }) => name);
  const query = { expiryMs, jobs: [...optionsOf.keys()], rerun };
  const lost = await link.call((store) => store.interrupted(holder.namespace, query));
  const reruns: InterruptedRun[] = [];
  const finals: FinalRun[] = [];
  for (const run of lost) {
    const options = optionsOf.get(run.job);
    if (options === undefined || heartbeat.held.has(run)) continue;
    const decision = decideInterrupted(options, nowMs, run);
    if (decision === 'abandon') finals.push({ run, state: 'abandoned' });
    else if (decision === 'rerun') reruns.push(run);
    else if (run.state === 'running') finals.push({ run, state: 'interrupted' });
  }
  for (const sameHolder of Map.groupBy(finals, ({ run }) => run.holder).values()) {
    if (term.signal.aborted) return [];
    await end(parts, sameHolder);
  }
  // The process of the others has reported their interruption itself.
  for (const run of reruns) if (run.state === 'running') reports.interrupted({ ...eventOf(run), rerun: true });
  return reruns;
}

/** Ends runs in the name of the holder that has lost them. */
async function end({ link, holder, reports }: SweepParts, finals: readonly FinalRun[]): Promise<void> {
  const [first] = finals;
  if (first === undefined) return;
  const dead = { id: first.run.holder, namespace: holder.namespace, pod: first.run.pod };
  const ends = finals.map(({ run: { job, slot, attempt }, state }) => ({ job, slot, attempt, state }));
  const report = ({ run, state }: FinalRun): void => {
    if (state === 'abandoned') reports.abandoned(eventOf(run));
    else reports.interrupted({ ...eventOf(run), rerun: false });
  };
  try {
    const recorded = await link.call((store) => store.finish(dead, ends));
    for (const [index, final] of finals.entries()) if (recorded[index] === true) report(final);
  } catch (error) {
    for (const final of finals) report(final); // it may have taken effect: better reported twice than never
    throw error;
  }
}

function eventOf(run: InterruptedRun): Pick<InterruptedRun, 'job' | 'slot' | 'attempt' | 'pod'> {
  const { job, slot, attempt, pod } = run;
  return { job, slot, attempt, pod };
}
