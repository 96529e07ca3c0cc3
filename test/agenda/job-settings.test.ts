import { once } from 'node:events';
import { currentTerm } from '@cluster-leader/core';
import { describe, expect, inject, it } from 'vitest';
import { newSpace } from './databases.ts';
import { eventually, open, openTwo, rowsOf, succeeded } from './harness.ts';

const HOUR_MS = 3_600_000;
const MOST_ATTEMPTS = 3;

const backoff = ({ attempt }: { attempt: number }): number | null => (attempt < MOST_ATTEMPTS ? 800 : null);

// What docs/agenda.md says about the settings of a job.
describe.each(inject('databases'))('With a gate on $kind', ({ kind, url }) => {
  it('backoff: the current leader retries a failed job, and giving a job back does not count as a failure', async () => {
    const { a, b } = await openTwo({ kind, url });
    const attempts: string[] = [];
    const fail = async (): Promise<void> => {
      attempts.push('a');
      throw new Error('at the first attempt');
    };
    a.agenda.define('report', fail, { backoff });
    b.agenda.define('report', async () => void attempts.push('b'), { backoff });
    await a.agenda.start();
    await b.agenda.start();
    const failed = once(a.agenda, 'complete:report');
    a.leader.elect();
    await a.agenda.now('report');
    await failed;
    expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ failCount: 1, nextRunAt: expect.any(Date) }]);

    a.leader.demote();
    b.leader.elect(); // it locks the retry ahead of time
    await eventually(async () =>
      expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ lockedAt: expect.any(Date) }]),
    );
    b.leader.demote();
    await eventually(async () =>
      expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ lockedAt: undefined, failCount: 1 }]),
    );
    const done = succeeded(b.agenda, 'report');
    b.leader.elect();
    await done;
    expect(attempts).toEqual(['a', 'b']);
  });

  it('concurrency: counts within a replica, so the next leader begins while the previous one still works', async () => {
    const { a, b } = await openTwo({ kind, url });
    const ran: string[] = [];
    const [begun, finish] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<void>()];
    const one = { concurrency: 1 };
    const work = async (): Promise<void> => {
      begun.resolve(currentTerm().signal);
      await finish.promise;
    };
    a.agenda.define('report', work, one);
    b.agenda.define('report', async () => void ran.push('b'), one);
    a.leader.elect();
    await a.agenda.start();
    await b.agenda.start();
    await a.agenda.now('report', { job: 1 });
    const signal = await begun.promise;
    await a.agenda.now('report', { job: 2 });
    a.leader.demote();
    expect(signal.aborted).toBe(true); // so that the first job can end before the second begins
    const second = succeeded(b.agenda, 'report');
    b.leader.elect();
    await second;
    expect(ran).toEqual(['b']);
    const first = succeeded(a.agenda, 'report');
    finish.resolve();
    await first;
  });

  it('lockLimit: a given-back job counts until it is due, and is run then', async () => {
    const { agenda, leader } = await open({ kind, url, space: newSpace(), agenda: { processEvery: 1_000 } });
    const ran: Date[] = [];
    agenda.define('report', async () => void ran.push(new Date()), { lockLimit: 1 });
    leader.elect();
    await agenda.start();
    const at = new Date(Date.now() + 800);
    await agenda.schedule(at, 'report', {});
    await eventually(async () =>
      expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: expect.any(Date) }]),
    );
    leader.demote();
    await eventually(async () => expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined }]));
    const done = succeeded(agenda, 'report');
    leader.elect();
    await done;
    expect(ran).toHaveLength(1);
    expect(ran[0]?.getTime()).toBeGreaterThanOrEqual(at.getTime());
  });

  it('lockLifetime: a demoted leader keeps the locks of running jobs, and the next leader takes them only after expiry', async () => {
    const { a, b } = await openTwo({ kind, url });
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    a.agenda.define('report', async () => {
      begun.resolve();
      await finish.promise;
    });
    a.leader.elect();
    await a.agenda.start();
    await a.agenda.now('report');
    await begun.promise;
    a.leader.demote();
    b.leader.elect();
    const soon = new Date(Date.now() + 1);
    const take = (lockDeadline: Date) =>
      b.agenda.db.getNextJobToRun('report', soon, lockDeadline, undefined, undefined);
    expect(await take(new Date(Date.now() - HOUR_MS))).toBeUndefined();
    expect(await take(soon)).toMatchObject({ name: 'report' });
    const ended = once(a.agenda, 'complete:report');
    finish.resolve();
    await ended;
  });

  it.each([
    { next: 'it is due by then', inMs: -HOUR_MS / 2, runs: 1 },
    { next: 'it is due later', inMs: HOUR_MS, runs: 0 },
  ])(
    'a runner that died: its recurring job is unlocked when the lock expires, with $runs runs if $next',
    async (row) => {
      const { agenda, leader, backend } = await open({ kind, url, space: newSpace() });
      const ran: string[] = [];
      agenda.define('report', async () => void ran.push('report'));
      const { attrs } = await agenda.every('2 hours', 'report');
      const diedAt = new Date(Date.now() - HOUR_MS);
      const nextRunAt = new Date(Date.now() + row.inMs);
      await backend.repository.saveJobState({ ...attrs, nextRunAt, lastRunAt: diedAt, lockedAt: diedAt }, undefined);
      leader.elect();
      await agenda.start();
      await eventually(async () => {
        const [{ lockedAt, nextRunAt: time } = {}] = await rowsOf(agenda, 'report');
        expect(lockedAt).toBeUndefined();
        expect(time?.getTime()).toBeGreaterThan(Date.now());
      });
      expect(ran).toHaveLength(row.runs);
    },
  );
});
