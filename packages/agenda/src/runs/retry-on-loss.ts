import { endedByLoss, type Term } from '@cluster-leader/core';
import { Job } from 'agenda';

/**
 * Runs a job, and puts it back into the queue instead of failing it if it rejects because its term has ended.
 *
 * Agenda then saves the job as it was before, due at `dueAt`, and emits `complete` but not `fail`. Resolves with the error
 * in that case, otherwise with undefined.
 *
 * When a processor rejects, Agenda first calls `job.fail()`, so this method is replaced while the job runs.
 */
export async function retryOnLoss(
  term: Term,
  job: Job,
  dueAt: Date | null,
  begin: () => Promise<void>,
): Promise<unknown> {
  const { lastRunAt, progress } = job.attrs;
  let loss: unknown;
  job.fail = (reason) => {
    const found = lossOf(reason, term, job);
    if (found === undefined || isLockExpired(job)) return Job.prototype.fail.call(job, reason);
    Object.assign(job.attrs, { nextRunAt: dueAt, lastRunAt, progress });
    loss = found;
    throw loss;
  };
  try {
    await begin();
  } catch (error) {
    if (error !== loss) throw error;
  } finally {
    Reflect.deleteProperty(job, 'fail');
  }
  return loss;
}

/** Returns the error to report if the end of the term is what ended the job, or undefined if the job itself failed. */
function lossOf(error: unknown, term: Term, job: Job): unknown {
  if (endedByLoss(error, term)) return error;
  // A worker sends only the code of its error, not the error itself.
  const isFromWorker = job.attrs.fork === true && Reflect.get(Object(error), 'code') === 'ERR_NOT_LEADER';
  return isFromWorker && term.signal.aborted ? term.signal.reason : undefined;
}

/** Whether another process may have taken the job meanwhile; putting it back could then start it a second time. */
function isLockExpired({ agenda, attrs: { name, lockedAt } }: Job): boolean {
  const { lockLifetime } = agenda.definitions[name] ?? {};
  if (lockedAt === undefined || lockLifetime === undefined) return false;
  return Date.now() - lockedAt.getTime() >= lockLifetime;
}
