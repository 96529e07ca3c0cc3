import type { JobParameters, JobRepository, JobRepositoryOptions } from 'agenda';
import { exclusively } from './redis-mutex.ts';

/**
 * Saves a job of which only one exists per name, as `every()` creates it from all replicas.
 *
 * A run that is due and has not begun stays due. Without this Agenda would move it to the next time of the schedule, and
 * replicas often boot during a fail-over, when a run is waiting for a leader. `savesClearLocks` says that the backend
 * removes the lock of a job that it saves again, as MongoDB's does.
 */
export async function saveSingle<DATA>(
  repository: JobRepository,
  job: JobParameters<DATA>,
  options: JobRepositoryOptions | undefined,
  savesClearLocks: boolean,
): Promise<JobParameters<DATA>> {
  return exclusively(repository, job.name, async () => {
    const due = isRecurring(job) ? await dueJob<DATA>(repository, job.name) : undefined;
    // A locked run has been taken, or waits for the lock of a dead process to expire: without the lock it would run twice.
    if (due?.lockedAt && savesClearLocks) return due;
    const dueAt = due?.nextRunAt ?? undefined;
    // If the new nextRunAt is in the past, every backend keeps the stored one, in the statement that saves the rest. So a
    // run that begins at this moment is not repeated: its stored nextRunAt has moved on, and is kept.
    return repository.saveJob(dueAt === undefined ? job : { ...job, nextRunAt: dueAt }, options);
  });
}

/** A job that is scheduled once is moved, since the app has asked for the new time and no later run would follow. */
function isRecurring({ repeatInterval, repeatAt }: JobParameters): boolean {
  return repeatInterval !== undefined || repeatAt !== undefined;
}

/** Returns the stored job if its `nextRunAt` has passed, otherwise undefined. */
async function dueJob<DATA>(repository: JobRepository, name: string): Promise<JobParameters<DATA> | undefined> {
  const now = new Date();
  const { jobs } = await repository.queryJobs({ name });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- jobs of one name have one type of data
  return jobs.find(({ type, nextRunAt }) => type === 'single' && nextRunAt && nextRunAt <= now) as
    | JobParameters<DATA>
    | undefined;
}
