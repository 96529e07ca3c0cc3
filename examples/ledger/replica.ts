// One replica: it bills once a second while it leads, and makes up the seconds that were missed.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterLeaderService } from '@cluster-leader/core';
import { RunLedger } from '@cluster-leader/ledger';
import { postgresStore } from '@cluster-leader/ledger/postgres';
import { leaderCron } from '@cluster-leader/node-cron';
import { Pool } from 'pg';

const pod = process.env['MY_POD_NAME'];
const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
const leader = new ClusterLeaderService({ identity: pod }); // the rest is in the environment
const ledger = new RunLedger({
  namespace: process.env['LEDGER_NAMESPACE'] ?? 'billing',
  store: postgresStore(pool),
  // Short, so that a minute is enough to see an interrupted run again; the defaults suit real jobs.
  claimTimeoutMs: 1_000,
  heartbeatMs: 1_500,
  expiryMs: 4_000,
  sweepMs: 2_000,
});
const cron = leaderCron(leader, { ledger });

cron.schedule(
  '* * * * * *',
  async ({ run }) => {
    console.log(`began ${run.slot.toISOString()}`);
    await sleep(300, undefined, { signal: run.signal }); // the work, in the middle of which the process may be killed
    run.assertClaimed(); // right before the side effect
    await pool.query('insert into bills (slot, pod, attempt, made_up) values ($1, $2, $3, $4)', [
      run.slot,
      pod,
      run.attempt,
      run.madeUp,
    ]);
  },
  { name: 'bill', catchUp: 'all', interrupted: 'rerun' },
);

leader.on('elected', () => console.log('elected'));
leader.on('demoted', () => console.log('demoted'));
ledger.on('skipped', ({ slot, reason }) => console.log(`${reason} ${slot.toISOString()}`));

async function shutDown(): Promise<void> {
  await cron.shutdown();
  await ledger.close();
  await leader.close();
  await pool.end();
  process.exit(); // an HTTP server would keep the process alive
}
process.once('SIGTERM', () => void shutDown());
process.once('disconnect', () => process.exit()); // the demo has ended
