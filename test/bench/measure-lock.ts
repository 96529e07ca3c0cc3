import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startElection, type Candidate } from '@cluster-leader/testing';

export interface LockCost {
  readonly readsPerMinute: number;
  /** How many requests a follower made in the same time. */
  readonly followerReads: number;
  /** The part of a core that a leader's process uses, with and without the lock record. */
  readonly cpu: number;
  readonly cpuWithout: number;
}

const CLIENT = fileURLToPath(new URL('lock-client.ts', import.meta.url));

/** Measures what reading the lock record costs at a lease of 10 s; service, sidecars and API server have processes of their own. */
export async function measureLock(forMs: number): Promise<LockCost> {
  const election = await startElection({ candidates: 2, dialect: 'krmcbride', processes: true });
  const [leader, follower] = election.candidates;
  if (leader === undefined || follower === undefined) throw new Error('There are two candidates.');
  try {
    const [withLock, without, standby] = await Promise.all([
      measure(leader, forMs, 'lock'),
      measure(leader, forMs, 'alone'),
      measure(follower, forMs, 'lock'),
    ]);
    const readsPerMinute = (withLock.reads * 60_000) / forMs;
    return { readsPerMinute, followerReads: standby.reads, cpu: withLock.cpu, cpuWithout: without.cpu };
  } finally {
    await election.close();
  }
}

async function measure(
  { env }: Candidate,
  forMs: number,
  what: 'lock' | 'alone',
): Promise<{ readonly cpu: number; readonly reads: number }> {
  const client = fork(CLIENT, [String(forMs), what], {
    execArgv: ['--conditions=@cluster-leader/source'],
    env: { ...process.env, ...env },
  });
  const [cost] = await once(client, 'message');
  return cost;
}
