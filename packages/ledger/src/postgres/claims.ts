import { cutError } from '../store/error-limit.ts';
import type { ClaimLimits, ClaimOutcome, Holder, JobSlots, RunEnd, Slot, SlotClaim } from '../store/records.ts';
import { date, iso, text } from './columns.ts';
import { LIMITED, type PostgresLink } from './link.ts';

const OUTCOMES: readonly ClaimOutcome[] = ['claimed', 'taken', 'clock-ahead', 'too-late'];

/** `asked` has a row per claim. Sorted, so that two batches lock their rows in one order and cannot deadlock. */
const claimStatement = (asked: string): string => `
with ${LIMITED}, asked as materialized (${asked}),
claimed as (
  insert into cluster_leader_runs as r
    (ns, job, slot, state, attempt, holder, pod, term, token, made_up, claimed_at)
  select $1, a.job, a.slot, 'running', 1, $2, $3, a.term, a.token, a.made_up, now()
  from limited, asked a
  where a.slot <= now() + $4 * interval '1 millisecond' and a.slot >= now() - $5 * interval '1 millisecond'
  order by a.job collate "C", a.slot
  on conflict (ns, job, slot) do update set attempt = r.attempt
  where r.holder = excluded.holder and r.state = 'running' and r.attempt = 1
  returning r.job, r.slot
)
select case
  when c.job is not null then 'claimed'
  when a.slot > now() + $4 * interval '1 millisecond' then 'clock-ahead'
  when a.slot < now() - $5 * interval '1 millisecond' then 'too-late'
  else 'taken' end as outcome
from asked a left join claimed c on c.job = a.job collate "C" and c.slot = a.slot
order by a.n`;

const CLAIM_ONE = claimStatement(`select 1 as n, $6::text as job, $7::timestamptz as slot, $8::bigint as term,
  $9::numeric as token, $10::boolean as made_up`);

const CLAIM_MANY = claimStatement(`select * from unnest($6::text[], $7::timestamptz[], $8::bigint[], $9::numeric[],
  $10::boolean[]) with ordinality as t(job, slot, term, token, made_up, n)`);

export async function claim(
  link: PostgresLink,
  { namespace, id, pod }: Holder,
  claims: readonly SlotClaim[],
  { aheadMs, retentionMs }: ClaimLimits,
): Promise<ClaimOutcome[]> {
  const columns: unknown[][] = [
    claims.map(({ job }) => job),
    claims.map(({ slot }) => iso(slot)),
    claims.map(({ term }) => term),
    claims.map(({ fencingToken }) => fencingToken?.toString()),
    claims.map(({ madeUp }) => madeUp),
  ];
  const isOne = claims.length === 1;
  const values = [namespace, id, pod, aheadMs, retentionMs, ...(isOne ? columns.map(([value]) => value) : columns)];
  const rows = await link.query(isOne ? CLAIM_ONE : CLAIM_MANY, values);
  return rows.map((row) => OUTCOMES.find((outcome) => outcome === row['outcome']) ?? 'taken');
}

const RELEASE = `
with ${LIMITED}, mine as materialized (
  select r.job, r.slot from limited, unnest($3::text[], $4::timestamptz[]) as a(job, slot)
  join cluster_leader_runs r on r.ns = $1 and r.job = a.job collate "C" and r.slot = a.slot
  where r.holder = $2 and r.state = 'running' and r.attempt = 1
  order by r.job, r.slot for update of r
), released as (
  delete from cluster_leader_runs r using mine
  where r.ns = $1 and r.job = mine.job and r.slot = mine.slot
    and r.holder = $2 and r.state = 'running' and r.attempt = 1
  returning r.job, r.slot
), earliest as materialized (select job, min(slot) as slot from released group by job),
registered as materialized (
  select j.job, e.slot from earliest e join cluster_leader_jobs j on j.ns = $1 and j.job = e.job
  order by j.job for update of j
)
update cluster_leader_jobs j
set settled = least(j.settled, g.slot - interval '1 millisecond'), revision = j.revision + 1
from registered g where j.ns = $1 and j.job = g.job`;

export async function release(link: PostgresLink, holder: Holder, slots: readonly Slot[]): Promise<void> {
  const [jobs, instants] = [slots.map(({ job }) => job), slots.map(({ slot }) => iso(slot))];
  await link.query(RELEASE, [holder.namespace, holder.id, jobs, instants]);
}

const MAY_END = `(r.state = 'running' or (r.state = 'interrupted' and a.state = 'abandoned'))`;

const FINISH_ONE = `
with ${LIMITED}, asked as materialized (
  select 1 as n, $3::text as job, $4::timestamptz as slot, $5::integer as attempt, $6::text as state, $7::text as error
  from limited
)
update cluster_leader_runs r set state = a.state, ended_at = now(), error = a.error
from asked a
where r.ns = $1 and r.job = $3 and r.slot = $4::timestamptz and r.holder = $2 and r.attempt = a.attempt and ${MAY_END}
returning a.n`;

const FINISH_MANY = `
with ${LIMITED}, asked as materialized (
  select * from unnest($3::text[], $4::timestamptz[], $5::integer[], $6::text[], $7::text[])
    with ordinality as t(job, slot, attempt, state, error, n)
), mine as materialized (
  select a.* from limited, asked a
  join cluster_leader_runs r on r.ns = $1 and r.job = a.job collate "C" and r.slot = a.slot
  where r.holder = $2 and r.attempt = a.attempt and ${MAY_END}
  order by r.job, r.slot for update of r
)
update cluster_leader_runs r set state = a.state, ended_at = now(), error = a.error
from mine a
where r.ns = $1 and r.job = a.job collate "C" and r.slot = a.slot and r.holder = $2 and r.attempt = a.attempt and ${MAY_END}
returning a.n`;

export async function finish(link: PostgresLink, holder: Holder, ends: readonly RunEnd[]): Promise<boolean[]> {
  const columns: unknown[][] = [
    ends.map(({ job }) => job),
    ends.map(({ slot }) => iso(slot)),
    ends.map(({ attempt }) => attempt),
    ends.map(({ state }) => state),
    ends.map(({ error }) => cutError(error)),
  ];
  const isOne = ends.length === 1;
  const values = [holder.namespace, holder.id, ...(isOne ? columns.map(([value]) => value) : columns)];
  const rows = await link.query(isOne ? FINISH_ONE : FINISH_MANY, values);
  const ended = new Set(rows.map(({ n }) => Number(n)));
  return ends.map((_, index) => ended.has(index + 1));
}

const CLAIMED = `
select a.job, (extract(epoch from a.slot) * 1000)::bigint::text as slot
from unnest($2::text[], $3::timestamptz[]) as a(job, slot)
where exists (select from cluster_leader_runs r where r.ns = $1 and r.job = a.job collate "C" and r.slot = a.slot)`;

export async function unclaimed(link: PostgresLink, namespace: string, asked: readonly JobSlots[]): Promise<Date[][]> {
  const all = asked.flatMap(({ job, slots }) => slots.map((slot) => ({ job, slot })));
  if (all.length === 0) return asked.map(() => []);
  const rows = await link.query(CLAIMED, [namespace, all.map(({ job }) => job), all.map(({ slot }) => iso(slot))]);
  const claimed = new Set(rows.map((row) => `${date(row, 'slot').getTime()} ${text(row, 'job')}`));
  return asked.map(({ job, slots }) => slots.filter((slot) => !claimed.has(`${slot.getTime()} ${job}`)));
}
