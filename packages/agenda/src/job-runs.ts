import { Job } from 'agenda';
import { takeOf } from './take.ts';

let isGated = false;

/**
 * Lets the taker of a job run it, so that the processor finds itself in a term. Jobs not taken through a gate run as ever.
 *
 * No member of the backend is called around the processor, so Agenda's own method is the one place for it. Where another
 * copy of Agenda is in use this has no effect, and `GatedQueue.saveState` refuses the jobs.
 */
export function gateRuns(): void {
  if (isGated) return;
  isGated = true;
  // oxlint-disable-next-line typescript/unbound-method -- called with the job as `this`
  const plainRun = Job.prototype.run;
  Job.prototype.run = async function run(this: Job): Promise<void> {
    const take = takeOf(this.attrs);
    await (take === undefined ? plainRun.call(this) : take.taker.run(take, this, () => plainRun.call(this)));
  };
}
