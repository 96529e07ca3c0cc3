import { configMapStore } from '@cluster-leader/kubernetes';
import { currentRun, RunLedger, type LedgerJob, type RunStore } from '@cluster-leader/ledger';
import { fakeLeader, runStoreContract, startElection, type Election } from '@cluster-leader/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

/** The cases that fail because of a limit that `configMapStore()` documents, and how they fail. */
const EXCEPT = new Map([
  ['claim-deadlock', 'at most 100 jobs'], // 200 jobs; there are no rows to lock
  ['milliseconds', 'at most once a minute'], // slots of a millisecond
  ['beat-keeps', 'Expected values'], // an expiry of 50 ms: the clock counts seconds, and a beat is written each 30 s
  ['terms', 'Expected values'], // it records none
  ['skips', 'Expected values'],
]);

const MINUTE_MS = 60_000;
const JOBS = 20;

describe('configMapStore', () => {
  let election: Election;
  beforeAll(async () => void (election = await startElection()));
  afterAll(() => election.close());

  const mount = (): RunStore => configMapStore({ server: election.apiServer.url, namespace: 'default' });

  it.each(runStoreContract(mount, { except: [...EXCEPT.keys()] }))('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });

  it.each(runStoreContract(mount).filter(({ id }) => EXCEPT.has(id)))('does not support: $title', async (promise) => {
    await expect(promise.run()).rejects.toThrow(EXCEPT.get(promise.id));
  });

  it('runs each slot of 20 jobs once while two ledgers lead at once, within its limit of writes', async () => {
    const ran: string[] = [];
    const task = (): void => void ran.push(currentRun().key);
    const pods = ['pod-1', 'pod-2'].map((pod) => jobsOf(pod, mount(), task));
    const lastMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const slots = [2, 1, 0].map((minutes) => new Date(lastMs - minutes * MINUTE_MS));
    for (const slot of slots) {
      const results = await Promise.all(pods.flatMap(({ jobs }) => jobs.map((job) => job.run(slot))));
      expect(results.filter((result) => result.ran)).toHaveLength(JOBS);
      expect(results.filter((result) => !result.ran && result.reason === 'claimed')).toHaveLength(JOBS);
    }
    expect(new Set(ran).size).toBe(slots.length * JOBS);
    expect(ran).toHaveLength(slots.length * JOBS);
    await Promise.all(pods.map(({ ledger }) => ledger.close()));
    const runs = await mount().runs('minutes', { state: 'succeeded', limit: 1_000 });
    expect(runs).toHaveLength(slots.length * JOBS);
  });
});

/** Registers the jobs of a pod that leads. */
function jobsOf(
  pod: string,
  store: RunStore,
  task: () => void,
): { readonly ledger: RunLedger; readonly jobs: readonly LedgerJob[] } {
  const leader = fakeLeader();
  leader.elect();
  const ledger = new RunLedger({ namespace: 'minutes', pod, store });
  onTestFinished(() => ledger.close());
  const jobs = Array.from({ length: JOBS }, (_, index) => {
    return ledger.register(leader, { name: `job-${index}`, fingerprint: '* * * * *', task });
  });
  return { ledger, jobs };
}
