import { randomUUID } from 'node:crypto';
import {
  RunLedger,
  type ClaimLimits,
  type Holder,
  type RunEnd,
  type RunStore,
  type SlotClaim,
} from '@cluster-leader/ledger';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { fakeLeader } from '@cluster-leader/testing';
import { startPostgres } from 'example-postgres';
import { Pool } from 'pg';
import { countingPool } from './counting-pool.ts';
import { sideBySide, type Cost } from './side-by-side.ts';

export interface LedgerCosts {
  /** One claim and one finish after another: as two statements by hand, and by the store. */
  readonly one: Readonly<Record<'two statements by hand' | 'claim() and finish()', Cost>>;
  /** 1 000 claims in one call, and then 1 000 finishes in one. */
  readonly thousand: Cost;
  /** The statements that a ledger sent for 1 000 jobs that were due in one tick, until the last end was recorded. */
  readonly roundTrips: number;
}

const JOBS = 1_000;
const LIMITS: ClaimLimits = { aheadMs: 5_000, retentionMs: 30 * 86_400_000 };

const CLAIM = `
insert into cluster_leader_runs (ns, job, slot, state, attempt, holder, pod, made_up, claimed_at)
values ($1, $2, $3, 'running', 1, $4, $5, false, now()) on conflict do nothing returning job`;
const FINISH = `
update cluster_leader_runs set state = 'succeeded', ended_at = now()
where ns = $1 and job = $2 and slot = $3 and holder = $4 and attempt = 1 and state = 'running' returning job`;

/** Measures what a run costs on a Postgres on loopback. Only the ratios are comparable between machines. */
export async function measureLedger(rounds: number): Promise<LedgerCosts> {
  const postgres = await startPostgres();
  const pool = new Pool({ connectionString: postgres.url });
  // The server may stop before it has seen that the pool has ended a connection.
  pool.on('error', () => {});
  try {
    const store = postgresStore(pool);
    await store.migrate();
    const holder = { id: randomUUID(), namespace: 'bench', pod: 'pod' };
    const one = await sideBySide(
      { rounds, times: 100 },
      {
        'two statements by hand': () => runByHand(pool, holder),
        'claim() and finish()': () => runAtOnce(store, holder, newClaims(1)),
      },
    );
    const { thousand } = await sideBySide(
      { rounds, times: 1 },
      { thousand: () => runAtOnce(store, holder, newClaims(JOBS)) },
    );
    return { one, thousand, roundTrips: await countRoundTrips(pool) };
  } finally {
    await pool.end();
    await postgres.stop();
  }
}

async function runByHand(pool: Pool, { id, namespace, pod }: Holder): Promise<void> {
  const [claim] = newClaims(1);
  const key = [namespace, claim?.job, claim?.slot.toISOString(), id];
  const claimed = await pool.query(CLAIM, [...key, pod]);
  const ended = await pool.query(FINISH, key);
  requireAll([claimed.rows.length === 1, ended.rows.length === 1]);
}

async function runAtOnce(store: RunStore, holder: Holder, claims: readonly SlotClaim[]): Promise<void> {
  const outcomes = await store.claim(holder, claims, LIMITS);
  requireAll(outcomes.map((outcome) => outcome === 'claimed'));
  requireAll(await store.finish(holder, claims.map(endOf)));
}

/** Runs two ticks of a ledger, and counts the statements of the second: the first one registers the jobs. */
async function countRoundTrips(pool: Pool): Promise<number> {
  const counting = countingPool(pool);
  const store = postgresStore(counting);
  const finish: RunStore['finish'] = store.finish.bind(store);
  let finished = Promise.withResolvers<void>();
  let ended = 0;
  store.finish = async (holder, ends) => {
    const answers = await finish(holder, ends);
    ended += ends.length;
    if (ended % JOBS === 0) finished.resolve();
    return answers;
  };
  const leader = fakeLeader();
  leader.elect();
  const ledger = new RunLedger({ namespace: 'bench-ledger', pod: 'pod', store });
  const jobs = Array.from({ length: JOBS }, (_, index) => {
    return ledger.register(leader, { name: `job-${index}`, fingerprint: '* * * * *', task: () => {} });
  });
  const tick = async (slot: Date): Promise<void> => {
    finished = Promise.withResolvers();
    const results = await Promise.all(jobs.map((job) => job.run(slot)));
    requireAll(results.map(({ ran }) => ran));
    await finished.promise;
  };
  const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
  await tick(new Date(nowMs - 120_000));
  const before = counting.statements;
  await tick(new Date(nowMs - 60_000));
  const roundTrips = counting.statements - before;
  await ledger.close();
  return roundTrips;
}

let slots = 0;

/** Claims of slots that were not claimed before. */
function newClaims(count: number): SlotClaim[] {
  slots += 1;
  const slot = new Date(Date.now() - slots * 1_000);
  return Array.from({ length: count }, (_, index) => ({ job: `job-${index}`, slot, madeUp: false }));
}

function endOf({ job, slot }: SlotClaim): RunEnd {
  return { job, slot, attempt: 1, state: 'succeeded' };
}

/** A statement that was refused would be faster. */
function requireAll(granted: readonly boolean[]): void {
  if (!granted.every(Boolean)) throw new Error('The benchmark lost a slot.');
}
