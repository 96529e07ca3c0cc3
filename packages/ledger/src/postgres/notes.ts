import type { Holder, Notes, SkipQuery, SkipRecord, TermQuery, TermRecord } from '../store/records.ts';
import { date, integer, iso, ms, optional, text, token } from './columns.ts';
import { LIMITED, type PostgresLink } from './link.ts';

const NOTE_TERMS = `
with ${LIMITED}
insert into cluster_leader_terms as t (ns, holder, election, number, began_at, pod, token, ended_at, reason)
select $1, $2, a.election, a.number, a.began_at, $3, a.token, a.ended_at, a.reason
from limited, unnest($4::text[], $5::bigint[], $6::timestamptz[], $7::numeric[], $8::timestamptz[], $9::text[])
  as a(election, number, began_at, token, ended_at, reason)
order by a.election collate "C", a.number, a.began_at
on conflict (ns, holder, election, number, began_at) do update set
  ended_at = coalesce(excluded.ended_at, t.ended_at), reason = coalesce(excluded.reason, t.reason)`;

const NOTE_SKIPS = `
with ${LIMITED}
insert into cluster_leader_skips as s (ns, minute, job, reason, holder, pod, count)
select $1, a.minute, a.job, a.reason, $2, $3, a.count
from limited, unnest($4::timestamptz[], $5::text[], $6::text[], $7::bigint[]) as a(minute, job, reason, count)
order by a.minute, a.job collate "C", a.reason collate "C"
on conflict (ns, minute, job, reason, holder) do update set count = greatest(s.count, excluded.count)`;

export async function note(link: PostgresLink, { namespace, id, pod }: Holder, { terms, skips }: Notes): Promise<void> {
  if (terms.length > 0) {
    await link.query(NOTE_TERMS, [
      namespace,
      id,
      pod,
      terms.map(({ election }) => election),
      terms.map(({ number }) => number),
      terms.map(({ from }) => iso(from)),
      terms.map(({ fencingToken }) => fencingToken?.toString()),
      terms.map(({ to }) => iso(to)),
      terms.map(({ reason }) => reason),
    ]);
  }
  if (skips.length > 0) {
    await link.query(NOTE_SKIPS, [
      namespace,
      id,
      pod,
      skips.map(({ minute }) => iso(minute)),
      skips.map(({ job }) => job),
      skips.map(({ reason }) => reason),
      skips.map(({ count }) => count),
    ]);
  }
}

const TERMS = `
select election, number::text as number, ${ms('began_at')} as began, holder, pod, token::text as token,
  ${ms('ended_at')} as ended, reason
from cluster_leader_terms
where ns = $1 and ($2::timestamptz is null or began_at >= $2) and ($3::timestamptz is null or began_at < $3)
order by began_at desc, holder, number desc limit $4`;

export async function selectTerms(
  link: PostgresLink,
  namespace: string,
  { from, to, limit }: TermQuery,
): Promise<TermRecord[]> {
  const rows = await link.query(TERMS, [namespace, iso(from), iso(to), limit]);
  return rows.map((row) => ({
    election: text(row, 'election'),
    number: integer(row, 'number'),
    fencingToken: optional(row, 'token', token),
    from: date(row, 'began'),
    to: optional(row, 'ended', date),
    reason: optional(row, 'reason', text),
    holder: text(row, 'holder'),
    pod: text(row, 'pod'),
  }));
}

const SKIPS = `
select job, reason, ${ms('minute')} as at, pod, sum(count)::text as count from cluster_leader_skips
where ns = $1 and ($2::text is null or job = $2)
  and ($3::timestamptz is null or minute >= $3) and ($4::timestamptz is null or minute < $4)
group by minute, job, reason, pod
order by minute desc, job, reason, pod limit $5`;

export async function selectSkips(
  link: PostgresLink,
  namespace: string,
  { job, from, to, limit }: SkipQuery,
): Promise<SkipRecord[]> {
  const rows = await link.query(SKIPS, [namespace, job, iso(from), iso(to), limit]);
  return rows.map((row) => ({
    job: text(row, 'job'),
    reason: text(row, 'reason'),
    minute: date(row, 'at'),
    count: integer(row, 'count'),
    pod: text(row, 'pod'),
  }));
}

const PRUNE = `
with ${LIMITED}, past as materialized (select now() - $2 * interval '1 millisecond' as before from limited),
old_runs as materialized (
  select r.ns, r.job, r.slot from past, cluster_leader_runs r left join cluster_leader_jobs j on j.ns = r.ns and j.job = r.job
  where r.ns = $1 and r.slot < past.before and r.state <> 'running' and (j.job is null or r.slot <= j.settled)
  order by r.job, r.slot for update of r
), runs as (
  delete from cluster_leader_runs r using old_runs o
  where r.ns = o.ns and r.job = o.job and r.slot = o.slot and r.state <> 'running'
), terms as (delete from cluster_leader_terms t using past where t.ns = $1 and t.ended_at < past.before),
skips as (delete from cluster_leader_skips s using past where s.ns = $1 and s.minute < past.before)
delete from cluster_leader_holders h using past where h.ns = $1 and h.beat_at < past.before and not exists (
  select from cluster_leader_runs r where r.ns = $1 and r.holder = h.holder and r.state = 'running'
)`;

export async function prune(link: PostgresLink, namespace: string, retentionMs: number): Promise<void> {
  await link.query(PRUNE, [namespace, retentionMs]);
}
