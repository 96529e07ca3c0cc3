// One replica of the live table: runs a job at every tick while it leads, and reports the tick to its parent.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterLeaderService } from '@cluster-leader/core';
import { kubernetesLock } from '@cluster-leader/kubernetes';

const tickMs = Number(process.argv[2]);
const hasLock = process.argv[3] === 'lock';
const leader = new ClusterLeaderService(hasLock ? { lockRecord: kubernetesLock() } : {});
process.once('SIGTERM', () => void leader.close().then(() => process.exit()));

await leader.start();
for (;;) {
  const tick = Math.floor(Date.now() / tickMs) + 1;
  await sleep(tick * tickMs - Date.now());
  const now = Math.floor(Date.now() / tickMs); // a process that was paused is late, and runs the present tick
  await leader.runIfLeader(() => void process.send?.(now));
}
