// Measures one pod's service for a while and reports what it cost, in a process without the election's API server.
import { ClusterLeaderService, type LockRecordReader } from '@cluster-leader/core';
import { kubernetesLock } from '@cluster-leader/kubernetes';
import { cpuWhile } from './cpu-while.ts';

const forMs = Number(process.argv[2]);
const hasLock = process.argv[3] === 'lock';
const reader = kubernetesLock();
let reads = 0;
const counting: LockRecordReader = {
  ...reader,
  read(signal) {
    reads += 1;
    return reader.read(signal);
  },
};
const service = new ClusterLeaderService({
  identity: process.env['MY_POD_NAME'],
  logger: {},
  ...(hasLock && { lockRecord: counting }),
});
await service.start();
await cpuWhile(5_000); // until everything has been compiled
const before = reads;
const cpu = await cpuWhile(forMs);
process.send?.({ cpu, reads: reads - before });
await service.close();
process.disconnect();
