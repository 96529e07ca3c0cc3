import type { JobParameters, JobRepository, JobRepositoryOptions } from 'agenda';
import { exclusively } from './redis-mutex.ts';

/**
 * Saves a job of which there is one for each name, as `every()` makes it on all replicas.
 *
 * A run that is due and has not begun stays due: Agenda alone would move it to the next time of the schedule, and a
 * fail-over starts replicas in exactly the time in which a run waits for a leader.
 */
export async function saveSingle<DATA>(
  repository: JobRepository,
  job: JobParameters<DATA>,
  options: JobRepositoryOptions | undefined,
): Promise<JobParameters<DATA>> {
  return exclusively(repository, job.name, async () => {
    const dueAt = isRecurring(job) ? await dueTime(repository, job.name) : undefined;
    // All backends leave a stored nextRunAt alone if the new one is in the past, in the same statement as they save the
    // rest. So a run that begins just now is not repeated: its nextRunAt has moved on, and stays as it is.
    return repository.saveJob(dueAt === undefined ? job : { ...job, nextRunAt: dueAt }, options);
  });
}

/** One that is scheduled once gets the new time: the program has asked for it, and there is no next one. */
function isRecurring({ repeatInterval, repeatAt }: JobParameters): boolean {
  return repeatInterval !== undefined || repeatAt !== undefined;
}

/** When the stored job was due, or undefined if it is not. */
async function dueTime(repository: JobRepository, name: string): Promise<Date | undefined> {
  const now = new Date();
  const { jobs } = await repository.queryJobs({ name });
  const dates = jobs.flatMap(({ type, nextRunAt }) => (type === 'single' && nextRunAt ? [nextRunAt] : []));
  return dates.find((date) => date <= now);
}
