import { endedByLoss, type Term } from '@cluster-leader/core';
import { Job } from 'agenda';

/**
 * Runs a job so that it does not fail if it rejects because its term has ended: Agenda saves it as it was before, due at
 * `dueAt`, and emits `complete` alone. Resolves with the error then, else with undefined.
 *
 * The first thing that Agenda does with a job whose processor has rejected is to call its `fail()`, so that is replaced
 * for as long as this job runs.
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

/** The error by which the end of the term is known to be the reason; undefined if the job has failed by itself. */
function lossOf(error: unknown, term: Term, job: Job): unknown {
  if (endedByLoss(error, term)) return error;
  // An error does not come over a fork as itself, only its code does.
  const isFromWorker = job.attrs.fork === true && Reflect.get(Object(error), 'code') === 'ERR_NOT_LEADER';
  return isFromWorker && term.signal.aborted ? term.signal.reason : undefined;
}

/** Whether another process may have taken the job meanwhile: a second one must not be let loose. */
function isLockExpired({ agenda, attrs: { name, lockedAt } }: Job): boolean {
  const { lockLifetime } = agenda.definitions[name] ?? {};
  if (lockedAt === undefined || lockLifetime === undefined) return false;
  return Date.now() - lockedAt.getTime() >= lockLifetime;
}
