// A billing run every second by croner, each slot once: any scheduler can do the same if it can name the slot of a tick.
// Three replicas on this machine: npx -y pnpm@12 --filter example-croner dev
import { ClusterLeaderService } from '@cluster-leader/core';
import { memoryStore, RunLedger, type Run } from '@cluster-leader/ledger';
import { Cron } from 'croner';

const leader = new ClusterLeaderService();
// Replicas share the store of a database. This one ends with its process, so that it only shows how the parts fit together.
const ledger = new RunLedger({ namespace: 'billing', store: memoryStore() });

function bill(run: Run): void {
  run.assertClaimed(); // right before the side effect
  console.log(`billed ${run.key}`);
}

/** Returns the scheduled instant of a tick. croner's `currentRun()` is when it really began, which differs between pods. */
function slotOf(job: Cron): Date | undefined {
  const nextSecondMs = (Math.floor(Date.now() / 1_000) + 1) * 1_000;
  return job.previousRuns(1, new Date(nextSecondMs))[0];
}

const job = new Cron('* * * * * *', async (self: Cron) => {
  const slot = slotOf(self);
  if (slot !== undefined) await ledger.run(leader, { job: 'bill', slot }, bill);
});

async function shutDown(): Promise<void> {
  job.stop();
  await ledger.close({ drainMs: 5_000 });
  await leader.close();
  process.exit(); // an HTTP server would keep the process alive
}
process.once('SIGTERM', () => void shutDown());
