import { ClusterLeaderService, type LockRecordReader } from '@cluster-leader/core';
import { kubernetesLock } from '@cluster-leader/kubernetes';
import { startElection, type Candidate } from '@cluster-leader/testing';
import { cpuWhile } from './cpu-while.ts';

export interface LockCost {
  readonly readsPerMinute: number;
  /** How many requests a follower made in the same time. */
  readonly followerReads: number;
  /** The part of a core that this process used as a leader, with and without the lock record. */
  readonly cpu: number;
  readonly cpuWithout: number;
}

/** Measures what reading the lock record costs at a lease of 10 s; sidecars and API server have processes of their own. */
export async function measureLock(forMs: number): Promise<LockCost> {
  const election = await startElection({ candidates: 2, dialect: 'krmcbride', processes: true });
  const [leader, follower] = election.candidates;
  if (leader === undefined || follower === undefined) throw new Error('There are two candidates.');
  try {
    const withLock = await measure(leader, forMs, true);
    const without = await measure(leader, forMs, false);
    const { reads } = await measure(follower, 3_000, true);
    const readsPerMinute = (withLock.reads * 60_000) / forMs;
    return { readsPerMinute, followerReads: reads, cpu: withLock.cpu, cpuWithout: without.cpu };
  } finally {
    await election.close();
  }
}

async function measure(
  { env, url, name }: Candidate,
  forMs: number,
  hasLock: boolean,
): Promise<{ readonly cpu: number; readonly reads: number }> {
  const [kind = '', lock = ''] = env.CLUSTER_LEADER_LOCK.split('/');
  const reader = kubernetesLock({
    kind: kind === 'lease' ? 'Lease' : 'Endpoints',
    name: lock,
    namespace: env.MY_POD_NAMESPACE,
    server: env.CLUSTER_LEADER_API_SERVER,
  });
  let reads = 0;
  const counting: LockRecordReader = {
    ...reader,
    read(signal) {
      reads += 1;
      return reader.read(signal);
    },
    watch: (onChange) => reader.watch?.(onChange) ?? (() => {}),
    close: () => reader.close(),
  };
  const service = new ClusterLeaderService({ url, identity: name, ...(hasLock && { lockRecord: counting }) });
  await service.start();
  const readBefore = reads;
  const cpu = await cpuWhile(forMs);
  await service.close();
  return { cpu, reads: reads - readBefore };
}
