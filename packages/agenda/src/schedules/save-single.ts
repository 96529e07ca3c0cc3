import type { JobParameters, JobRepository, JobRepositoryOptions } from 'agenda';
import { exclusively } from './redis-mutex.ts';

/**
 * Saves a job of which only one exists per name, as `every()` creates it from all replicas.
 *
 * A run that is due and has not begun stays due. Without this Agenda would move it to the next time of the schedule, and
 * replicas often boot during a fail-over, when a run is waiting for a leader.
 */
export async function saveSingle<DATA>(
  repository: JobRepository,
  job: JobParameters<DATA>,
  options: JobRepositoryOptions | undefined,
): Promise<JobParameters<DATA>> {
  return exclusively(repository, job.name, async () => {
    const dueAt = isRecurring(job) ? await dueTime(repository, job.name) : undefined;
    // If the new nextRunAt is in the past, every backend keeps the stored one, in the statement that saves the rest. So a
    // run that begins at this moment is not repeated: its stored nextRunAt has moved on, and is kept.
    return repository.saveJob(dueAt === undefined ? job : { ...job, nextRunAt: dueAt }, options);
  });
}

/** A job that is scheduled once is moved, since the app has asked for the new time and no later run would follow. */
function isRecurring({ repeatInterval, repeatAt }: JobParameters): boolean {
  return repeatInterval !== undefined || repeatAt !== undefined;
}

/** Returns the `nextRunAt` of the stored job if it has passed, otherwise undefined. */
async function dueTime(repository: JobRepository, name: string): Promise<Date | undefined> {
  const now = new Date();
  const { jobs } = await repository.queryJobs({ name });
  const dates = jobs.flatMap(({ type, nextRunAt }) => (type === 'single' && nextRunAt ? [nextRunAt] : []));
  return dates.find((date) => date <= now);
}
