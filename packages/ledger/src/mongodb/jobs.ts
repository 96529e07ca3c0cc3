import type { JobRecord, JobSchedule, Settlement } from '../store/records.ts';
import type { MongoCall } from './call.ts';
import { JOBS } from './collections.ts';
import { jobOf } from './read.ts';

/** How often a registration is repeated that a rival has prevented. */
const MOST_ROUNDS = 5;

export async function register(call: MongoCall, namespace: string, jobs: readonly JobSchedule[]): Promise<JobRecord[]> {
  const ids = jobs.map(({ job }) => ({ ns: namespace, job }));
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const known = new Map((await call.find(JOBS, { _id: { $in: ids } })).map(jobOf).map((job) => [job.job, job]));
    const changed = jobs.filter(({ job, fingerprint }) => known.get(job)?.fingerprint !== fingerprint);
    if (changed.length === 0) return jobs.flatMap(({ job }) => known.get(job) ?? []);
    // If the job has this fingerprint by now, the query matches nothing, and the insert fails on the `_id`.
    await call.upsert(
      JOBS,
      changed.map(({ job, fingerprint }) => ({
        q: { _id: { ns: namespace, job }, fingerprint: { $ne: fingerprint } },
        u: { $set: { fingerprint }, $currentDate: { settled: true }, $inc: { revision: 1 } },
      })),
    );
  }
  throw new Error('Replicas with different schedules of one job registered it too often in a row.');
}

export async function settle(
  call: MongoCall,
  namespace: string,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  return call.updateEach(
    JOBS,
    settlements.map(({ job, revision, upTo }) => ({
      q: { _id: { ns: namespace, job }, revision },
      u: { $set: {}, $max: { settled: upTo }, $inc: { revision: 1 } },
    })),
  );
}

export async function selectJobs(call: MongoCall, namespace: string): Promise<JobRecord[]> {
  return (await call.find(JOBS, { '_id.ns': namespace }, { sort: { '_id.job': 1 } })).map(jobOf);
}
