import { Job, type JobRepository } from 'agenda';
import { takeOf, type Taker } from './take.ts';

let isGated = false;

/**
 * Lets the gate decide whether a job runs, so that the processor finds itself in a term. Without a gate jobs run as ever.
 *
 * No member of the backend is called around the processor, so Agenda's own method is the one place for it. Where another
 * copy of Agenda is in use this has no effect, and `GatedQueue.saveState` refuses the jobs.
 */
export function gateRuns(takerOf: (repository: JobRepository) => Taker | undefined): void {
  if (isGated) return;
  isGated = true;
  /* oxlint-disable typescript/unbound-method -- they are called with the job as `this` */
  const plainRun = Job.prototype.run;
  const plainIsExpired = Job.prototype.isExpired;
  /* oxlint-enable typescript/unbound-method */
  Job.prototype.run = async function run(this: Job): Promise<void> {
    const take = takeOf(this.attrs);
    const taker = take?.taker ?? takerOf(this.agenda.db);
    const begin = (): Promise<void> => plainRun.call(this);
    await (taker === undefined ? begin() : taker.run(take, this, begin));
  };
  // Of a forked job Agenda looks for the row here. Once given back, that may be gone, which nothing would catch.
  Job.prototype.isExpired = async function isExpired(this: Job): Promise<boolean> {
    return takeOf(this.attrs)?.state !== 'returned' && plainIsExpired.call(this);
  };
}
