// A billing run every second, on one of however many replicas there are.
// Three replicas on this machine: npx -y pnpm@12 --filter example-node-cron dev
import { ClusterLeaderService } from '@cluster-leader/core';
import { leaderCron } from '@cluster-leader/node-cron';

const leader = new ClusterLeaderService({
  // What the sidecar runs with: ten seconds, unless it was started with another --ttl.
  leaseDurationMs: Number(process.env['LEASE_DURATION_MS'] ?? 10_000),
});
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
}
process.once('SIGTERM', () => void shutDown());
