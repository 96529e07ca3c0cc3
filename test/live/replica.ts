// One replica of the live table: runs a job at every tick while it leads, and reports the tick to its parent.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterLeaderService } from '@cluster-leader/core';
import { kubernetesLock } from '@cluster-leader/kubernetes';

const tickMs = Number(process.argv[2]);
const hasLock = process.argv[3] === 'lock';
const identity = process.env['MY_POD_NAME'];
const leader = new ClusterLeaderService(hasLock ? { identity, lockRecord: kubernetesLock() } : { identity });
process.once('SIGTERM', () => void leader.close().then(() => process.exit()));

await leader.start();
let tick = Math.floor(Date.now() / tickMs);
for (;;) {
  // A timer may fire a millisecond early. A process that was paused is late, and runs the present tick only.
  tick = Math.max(tick + 1, Math.floor(Date.now() / tickMs));
  while (Date.now() < tick * tickMs) await sleep(tick * tickMs - Date.now());
  const present = tick;
  await leader.runIfLeader(() => void process.send?.(present));
}
