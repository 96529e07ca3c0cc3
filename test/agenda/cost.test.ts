import { gateBackend } from '@cluster-leader/agenda';
import { fakeLeader } from '@cluster-leader/testing';
import { Agenda, type AgendaBackend, type JobRepository } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, NEVER_MS } from './harness.ts';

const databases = inject('databases');
const JOBS = 20;
const SCANS = 10;

/** Counts the calls that reach the database, by their names. */
function counted(inner: AgendaBackend): { backend: AgendaBackend; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const names = [
    'getNextJobToRun',
    'saveJobState',
    'unlockJob',
    'unlockJobs',
    'lockJob',
    'queryJobs',
    'getJobById',
  ] as const;
  const members: Partial<JobRepository> = Object.fromEntries(
    names.map((name) => [
      name,
      (...args: unknown[]): unknown => {
        calls[name] = (calls[name] ?? 0) + 1;
        return Reflect.apply(inner.repository[name], inner.repository, args);
      },
    ]),
  );
  return { backend: altered(inner, members), calls };
}

describe.each(databases)('On $kind', ({ kind, url }) => {
  async function callsOf(gate: (backend: AgendaBackend) => AgendaBackend): Promise<Record<string, number>> {
    const inner = backendOf(kind, url, newSpace());
    const { backend, calls } = counted(inner);
    const agenda = new Agenda({ backend: gate(backend), processEvery: NEVER_MS, maxConcurrency: JOBS });
    let completed = 0;
    agenda.define('report', async () => {}, { concurrency: JOBS });
    agenda.on('complete', () => (completed += 1));
    await agenda.ready;
    for (let job = 0; job < JOBS; job += 1) await agenda.now('report', {});
    await agenda.start();
    await vi.waitFor(() => expect(completed).toBe(JOBS));
    await agenda.stop(false);
    await inner.disconnect();
    return calls;
  }

  it('the gate makes no query more than Agenda makes without it, while the leader leads', async () => {
    const leader = fakeLeader();
    leader.elect();
    const plain = await callsOf((backend) => backend);
    const gated = await callsOf((backend) => gateBackend(backend, { leader, leaderOnly: 'all' }));
    expect(gated).toEqual(plain);
    expect(plain).toEqual({ getNextJobToRun: JOBS + 1, saveJobState: 2 * JOBS });
  });

  it('a follower makes none at all for jobs that are for the leader alone', async () => {
    const inner = backendOf(kind, url, newSpace());
    onTestFinished(() => inner.disconnect());
    const { backend, calls } = counted(inner);
    const gated = gateBackend(backend, { leader: fakeLeader(), leaderOnly: 'all' });
    const now = new Date();
    for (let scan = 0; scan < SCANS; scan += 1) {
      expect(await gated.repository.getNextJobToRun('report', now, now, undefined, undefined)).toBeUndefined();
    }
    expect(calls).toEqual({});
  });
});
