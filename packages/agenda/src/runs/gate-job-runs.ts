import { Job, type JobRepository } from 'agenda';
import { takeOf, type RunGate } from '../queue/take.ts';

let isGated = false;

/**
 * Patches `Job.prototype`, once, so that the gate decides whether a job runs. Jobs of an Agenda without a gate run as before.
 *
 * Agenda calls no member of the backend around the processor, so only its own method can put the processor into a term.
 * The patch does not reach another copy of Agenda; `GatedQueue.saveState` refuses its leader-only jobs.
 */
export function gateJobRuns(gateOf: (repository: JobRepository) => RunGate | undefined): void {
  if (isGated) return;
  isGated = true;
  /* oxlint-disable typescript/unbound-method -- called with the job as `this` */
  const plainRun = Job.prototype.run;
  const plainIsExpired = Job.prototype.isExpired;
  /* oxlint-enable typescript/unbound-method */
  Job.prototype.run = async function run(this: Job): Promise<void> {
    const take = takeOf(this.attrs);
    const gate = take?.gate ?? gateOf(this.agenda.db);
    const begin = (): Promise<void> => plainRun.call(this);
    await (gate === undefined ? begin() : gate.run(take, this, begin));
  };
  // For a forked job Agenda queries the row here. That of a returned job may be gone, and nothing would catch the error.
  Job.prototype.isExpired = async function isExpired(this: Job): Promise<boolean> {
    return takeOf(this.attrs)?.state.is !== 'returned' && plainIsExpired.call(this);
  };
}
