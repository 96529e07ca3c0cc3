// A billing run every second, on one of however many replicas there are.
// Three replicas on this machine: npx -y pnpm@12 --filter example-node-cron dev
import { ClusterLeaderService } from '@cluster-leader/core';
import { leaderCron } from '@cluster-leader/node-cron';

const leader = new ClusterLeaderService(); // CLUSTER_LEADER_LEASE=15s if the lease of your sidecar is not 10 s
const cron = leaderCron(leader);

cron.schedule(
  '* * * * * *',
  ({ date, term }) => {
    term.assertLeader(); // right before the side effect
    console.log(`billed ${date.toISOString()}`);
  },
  { name: 'bill' },
);

leader.on('elected', ({ term }) => console.log(`elected for term ${term.number}`));
leader.on('demoted', ({ term, reason }) => console.log(`demoted from term ${term.number}: ${reason}`));

async function shutDown(): Promise<void> {
  await cron.shutdown();
  await leader.close();
  process.exit(); // an HTTP server would keep the process alive
}
process.once('SIGTERM', () => void shutDown());
