// One replica: while it leads, it computes a report for a second and then stores it.
// With the argument --without-token it stores the report whatever another leader has written meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterLeaderService, type Term } from '@cluster-leader/core';
import { kubernetesLock } from '@cluster-leader/kubernetes';
import { Pool } from 'pg';

const hasToken = !process.argv.includes('--without-token');
const pod = process.env['MY_POD_NAME'];
const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
const leader = new ClusterLeaderService({ identity: pod, lockRecord: kubernetesLock() }); // the rest is in the environment

const FENCED = `update reports set author = $1, token = $2 where name = 'monthly' and token <= $2`;
const UNFENCED = `update reports set author = $1 where name = 'monthly'`;

async function report({ fencingToken }: Term): Promise<void> {
  console.log(`computes ${fencingToken}`);
  await sleep(1_000); // the process may be paused here, for as long as it takes
  const { rowCount } = hasToken ? await pool.query(FENCED, [pod, fencingToken]) : await pool.query(UNFENCED, [pod]);
  console.log(`${rowCount === 0 ? 'refused' : 'stored'} ${fencingToken}`);
}

process.once('SIGTERM', () => void leader.close());
await leader.whileLeading(report);
await pool.end();
