import { ClusterLeaderService } from '@cluster-leader/core';

// Runs under Bun on the built package. Pod and URL come from the environment, as in a pod.
const leader = new ClusterLeaderService({ mode: 'sidecar' });
const result = await leader.runIfLeader((term) => `ran in term ${term.number} on Bun ${process.versions['bun']}`);
console.log(result.ran ? result.value : `skipped: ${result.reason}`);
await leader.close();
