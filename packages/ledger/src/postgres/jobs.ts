import type { JobRecord, JobSchedule, Settlement } from '../store/records.ts';
import { date, integer, iso, ms, text } from './columns.ts';
import { LIMITED, type PostgresLink, type Row } from './link.ts';

const JOB = `j.job, j.fingerprint, ${ms('j.settled')} as settled, j.revision::text as revision`;

const REGISTER = `
with ${LIMITED}
insert into cluster_leader_jobs as j (ns, job, fingerprint, settled, revision)
select $1, a.job, a.fingerprint, now(), 1 from limited, unnest($2::text[], $3::text[]) as a(job, fingerprint)
order by a.job collate "C"
on conflict (ns, job) do update set
  fingerprint = excluded.fingerprint,
  settled = case when j.fingerprint = excluded.fingerprint then j.settled else excluded.settled end,
  revision = case when j.fingerprint = excluded.fingerprint then j.revision else j.revision + 1 end
returning ${JOB}`;

export async function register(
  link: PostgresLink,
  namespace: string,
  jobs: readonly JobSchedule[],
): Promise<JobRecord[]> {
  const [names, fingerprints] = [jobs.map(({ job }) => job), jobs.map(({ fingerprint }) => fingerprint)];
  const rows = await link.query(REGISTER, [namespace, names, fingerprints]);
  const known = new Map(rows.map((row) => [row['job'], readJob(row)]));
  return jobs.flatMap(({ job }) => known.get(job) ?? []);
}

const SETTLE = `
with ${LIMITED}, asked as materialized (
  select * from unnest($2::text[], $3::bigint[], $4::timestamptz[]) with ordinality as t(job, revision, up_to, n)
), mine as materialized (
  select a.* from limited, asked a join cluster_leader_jobs j on j.ns = $1 and j.job = a.job collate "C"
  where j.revision = a.revision order by j.job for update of j
)
update cluster_leader_jobs j set settled = greatest(j.settled, a.up_to), revision = j.revision + 1
from mine a where j.ns = $1 and j.job = a.job collate "C" and j.revision = a.revision
returning a.n`;

export async function settle(
  link: PostgresLink,
  namespace: string,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  const rows = await link.query(SETTLE, [
    namespace,
    settlements.map(({ job }) => job),
    settlements.map(({ revision }) => revision),
    settlements.map(({ upTo }) => iso(upTo)),
  ]);
  const settled = new Set(rows.map((row) => integer(row, 'n')));
  return settlements.map((_, index) => settled.has(index + 1));
}

export async function selectJobs(link: PostgresLink, namespace: string): Promise<JobRecord[]> {
  const rows = await link.query(`select ${JOB} from cluster_leader_jobs j where ns = $1 order by job`, [namespace]);
  return rows.map(readJob);
}

function readJob(row: Row): JobRecord {
  return {
    job: text(row, 'job'),
    fingerprint: text(row, 'fingerprint'),
    settled: date(row, 'settled'),
    revision: integer(row, 'revision'),
  };
}
