import { gateBackend } from '@cluster-leader/agenda';
import { fakeLeader } from '@cluster-leader/testing';
import { Agenda, type AgendaBackend } from 'agenda';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { NEVER_MS, replaced } from './harness.ts';

const databases = inject('databases');
const JOBS = 20;
const SCANS = 10;

/** Counts the calls of the repository by name. */
function counted(inner: AgendaBackend): { backend: AgendaBackend; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const repository = new Proxy(inner.repository, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { backend: replaced(inner, { repository }), calls };
}

describe.each(databases)('A gate on $kind', ({ kind, url }) => {
  async function callsOf(gate: (backend: AgendaBackend) => AgendaBackend): Promise<Record<string, number>> {
    const inner = backendOf(kind, url, newSpace());
    const { backend, calls } = counted(inner);
    const agenda = new Agenda({ backend: gate(backend), processEvery: NEVER_MS, maxConcurrency: JOBS });
    let completed = 0;
    const { promise: allCompleted, resolve } = Promise.withResolvers<void>();
    agenda.define('report', async () => {}, { concurrency: JOBS });
    agenda.on('complete', () => {
      if ((completed += 1) === JOBS) resolve();
    });
    await agenda.ready;
    for (let job = 0; job < JOBS; job += 1) await agenda.now('report', {});
    await agenda.start();
    await allCompleted;
    await agenda.stop(false);
    await inner.disconnect();
    return calls;
  }

  it('adds no query while leadership does not change', async () => {
    const leader = fakeLeader();
    leader.elect();
    const plain = await callsOf((backend) => backend);
    const gated = await callsOf((backend) => gateBackend(backend, { leader, leaderOnly: 'all' }));
    expect(gated).toEqual(plain);
    expect(plain).toEqual({ saveJob: JOBS, getNextJobToRun: JOBS + 1, saveJobState: 2 * JOBS });
  });

  it('makes one query for an idle scan on the leader, and none on a follower for leader-only jobs', async () => {
    const inner = backendOf(kind, url, newSpace());
    onTestFinished(() => inner.disconnect());
    const { backend, calls } = counted(inner);
    const leader = fakeLeader();
    const gated = gateBackend(backend, { leader, leaderOnly: 'all' });
    await gated.connect();
    const now = new Date();
    const scan = async (): Promise<void> => {
      for (let count = 0; count < SCANS; count += 1) {
        expect(await gated.repository.getNextJobToRun('report', now, now, undefined, undefined)).toBeUndefined();
      }
    };
    await scan();
    expect(calls).toEqual({});
    leader.elect();
    await scan();
    expect(calls).toEqual({ getNextJobToRun: SCANS });
  });
});
