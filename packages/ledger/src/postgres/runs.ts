import type { Holder, InterruptedQuery, InterruptedRun, RunQuery, RunRecord, TakeOver } from '../store/records.ts';
import { date, integer, iso, ms, optional, runState, text, token } from './columns.ts';
import { LIMITED, type PostgresLink } from './link.ts';

const BEAT = `
with ${LIMITED}, known as materialized (select beat_at from cluster_leader_holders where holder = $1)
insert into cluster_leader_holders as h (holder, ns, pod, beat_at)
select $1, $2, $3, now() from limited
on conflict (holder) do update set beat_at = greatest(h.beat_at, now())
returning ${ms('now()')} as now,
  coalesce((select now() - beat_at >= $4 * interval '1 millisecond' from known), false) as lapsed`;

export async function beat(
  link: PostgresLink,
  { id, namespace, pod }: Holder,
  expiryMs: number,
): Promise<{ now: Date; lapsed: boolean }> {
  const [row = {}] = await link.query(BEAT, [id, namespace, pod, expiryMs]);
  return { now: date(row, 'now'), lapsed: row['lapsed'] === true };
}

/** Whether a run's holder has neither claimed nor beaten for as long as the parameter says. */
const isSilent = (parameter: string): string => `(
  r.claimed_at <= now() - ${parameter} * interval '1 millisecond' and not exists (
    select from cluster_leader_holders h
    where h.holder = r.holder and h.beat_at > now() - ${parameter} * interval '1 millisecond'
  )
)`;

const INTERRUPTED = `
select r.job, ${ms('r.slot')} as slot, r.attempt, r.state, r.holder, r.pod from cluster_leader_runs r
where r.ns = $1 and r.state in ('running', 'interrupted') and (
  (r.state = 'running' and r.job = any($2::text[]) and ${isSilent('$4')})
  or (r.state = 'interrupted' and r.job = any($3::text[]))
)
order by r.slot, r.job limit 1000`;

export async function interrupted(
  link: PostgresLink,
  namespace: string,
  { jobs, rerun, expiryMs }: InterruptedQuery,
): Promise<InterruptedRun[]> {
  const rows = await link.query(INTERRUPTED, [namespace, jobs, rerun, expiryMs]);
  return rows.map((row) => ({
    job: text(row, 'job'),
    slot: date(row, 'slot'),
    attempt: integer(row, 'attempt'),
    state: row['state'] === 'running' ? 'running' : 'interrupted',
    holder: text(row, 'holder'),
    pod: text(row, 'pod'),
  }));
}

const TAKE_OVER = `
with ${LIMITED}
update cluster_leader_runs r set
  state = 'running', attempt = $5::integer + 1, holder = $6, pod = $7, term = $8, token = $9::numeric, made_up = true,
  claimed_at = now(), ended_at = null, error = null
from limited
where r.ns = $1 and r.job = $2 and r.slot = $3::timestamptz
  and r.holder = $4 and r.attempt = $5::integer and r.state = $10 and (r.state <> 'running' or ${isSilent('$11')})
returning r.attempt`;

const HELD = `
select r.attempt from cluster_leader_runs r
where ns = $1 and job = $2 and slot = $3::timestamptz and holder = $4 and attempt = $5 and state = 'running'`;

export async function takeOver(
  link: PostgresLink,
  { namespace, id, pod }: Holder,
  run: TakeOver,
  expiryMs: number,
): Promise<number | undefined> {
  const key = [namespace, run.job, iso(run.slot)];
  const term = [run.term, run.fencingToken?.toString()];
  const [taken] = await link.query(TAKE_OVER, [...key, run.holder, run.attempt, id, pod, ...term, run.state, expiryMs]);
  const [held] = taken === undefined ? await link.query(HELD, [...key, id, run.attempt + 1]) : [taken];
  return held && integer(held, 'attempt');
}

const RUNS = `
select job, ${ms('slot')} as slot, state, attempt, holder, pod, term::text as term, token::text as token, made_up,
  ${ms('claimed_at')} as claimed_at, ${ms('ended_at')} as ended_at, error
from cluster_leader_runs
where ns = $1 and ($2::text is null or job = $2) and ($3::text is null or state = $3)
  and ($4::timestamptz is null or slot >= $4) and ($5::timestamptz is null or slot < $5)
order by cluster_leader_runs.slot desc, job limit $6`;

export async function selectRuns(
  link: PostgresLink,
  namespace: string,
  { job, state, from, to, limit }: RunQuery,
): Promise<RunRecord[]> {
  const rows = await link.query(RUNS, [namespace, job, state, iso(from), iso(to), limit]);
  return rows.map((row) => ({
    job: text(row, 'job'),
    slot: date(row, 'slot'),
    state: runState(row),
    attempt: integer(row, 'attempt'),
    madeUp: row['made_up'] === true,
    holder: text(row, 'holder'),
    pod: text(row, 'pod'),
    term: optional(row, 'term', integer),
    fencingToken: optional(row, 'token', token),
    claimedAt: date(row, 'claimed_at'),
    endedAt: optional(row, 'ended_at', date),
    error: optional(row, 'error', text),
  }));
}
