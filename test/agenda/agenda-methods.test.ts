import { once } from 'node:events';
import { currentTerm, Leader, ManualSource } from '@cluster-leader/core';
import { describe, expect, inject, it, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { eventually, open, rowsOf, succeeded, type Opened } from './harness.ts';

const HOUR_MS = 3_600_000;
const MOST_ATTEMPTS = 3;

const backoff = ({ attempt }: { attempt: number }): number | null => (attempt < MOST_ATTEMPTS ? 800 : null);

/** Leads until the first check. */
class SourceThatLosesAtCheck extends ManualSource {
  override async check(): Promise<void> {
    this.become({ standing: 'follower' });
  }
}

// What docs/agenda.md says about the methods and settings of Agenda. now() is in gate.test.ts, more of every() in every.test.ts.
describe.each(inject('databases'))('With a gate on $kind', ({ kind, url }) => {
  async function replicas(): Promise<{ a: Opened; b: Opened; ran: string[] }> {
    const space = newSpace();
    const a = await open({ kind, url, space });
    return { a, b: await open({ kind, url, space, name: 'b' }), ran: [] };
  }

  it('schedule(): a job that became due without a leader runs once on election, and no job runs early', async () => {
    const { a, b, ran } = await replicas();
    a.agenda.define('report', async () => void ran.push('a'));
    b.agenda.define('report', async () => void ran.push('b'));
    await a.agenda.start();
    await b.agenda.start();
    await a.agenda.schedule(new Date(Date.now() - HOUR_MS), 'report', {});
    await a.agenda.schedule(new Date(Date.now() + HOUR_MS), 'report', {});
    const done = succeeded(b.agenda, 'report');
    b.leader.elect();
    await done;
    expect(ran).toEqual(['b']);
    expect(await rowsOf(a.agenda, 'report')).toHaveLength(2);
  });

  it.each([
    { method: 'every()', rows: 1, add: ({ agenda }: Opened) => agenda.every('10 minutes', 'report') },
    {
      method: 'repeatEvery()',
      rows: 2,
      add: ({ agenda }: Opened) => agenda.create('report', {}).repeatEvery('10 minutes').save(),
    },
  ])('$method: all due times that passed without a leader lead to one run per row', async ({ rows, add }) => {
    const { a, b, ran } = await replicas();
    for (const { agenda } of [a, b]) {
      agenda.define('report', async () => void ran.push(String(agenda.attrs.name)));
      await agenda.start();
    }
    await add(a);
    await add(b);
    const jobs = await rowsOf(a.agenda, 'report');
    expect(jobs).toHaveLength(rows);
    const missedAt = new Date(Date.now() - HOUR_MS);
    for (const job of jobs) {
      await a.backend.repository.saveJobState({ ...job, nextRunAt: missedAt, lastRunAt: missedAt }, undefined);
    }
    b.leader.elect();
    await eventually(async () => {
      for (const { lastFinishedAt, lockedAt, nextRunAt } of await rowsOf(a.agenda, 'report')) {
        expect(lastFinishedAt).toBeInstanceOf(Date);
        expect(lockedAt).toBeUndefined();
        expect(nextRunAt?.getTime()).toBeGreaterThan(Date.now());
      }
    });
    expect(ran).toEqual(Array.from({ length: rows }, () => 'b'));
  });

  it('backoff: the current leader retries a failed job, and giving a job back does not count as a failure', async () => {
    const { a, b } = await replicas();
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
    const { a, b, ran } = await replicas();
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

  it("stop() and Agenda's own drain(): free jobs that are locked ahead", async () => {
    const { agenda, leader } = await open({ kind, url, space: newSpace() });
    agenda.define('report', async () => {});
    leader.elect();
    const isLocked = async (): Promise<boolean> => {
      const [row] = await rowsOf(agenda, 'report');
      return row?.lockedAt !== undefined;
    };
    await agenda.start();
    await agenda.schedule(new Date(Date.now() + 60_000), 'report', {});
    await vi.waitUntil(isLocked);
    await agenda.drain({ closeConnection: false });
    await vi.waitUntil(async () => !(await isLocked()));
    await agenda.start();
    await vi.waitUntil(isLocked);
    await agenda.stop(false);
    expect(await isLocked()).toBe(false);
  });

  it('a check before the start that fails: the job goes back, and the leader emits skipped', async () => {
    const ran: string[] = [];
    const leader = new Leader(new SourceThatLosesAtCheck({ standing: 'leader' }));
    const { agenda } = await open({ kind, url, space: newSpace(), leader });
    const skips: unknown[] = [];
    leader.on('skipped', (skip) => skips.push(skip));
    const onEvent = vi.fn<() => void>();
    agenda.on('start', onEvent);
    agenda.on('fail', onEvent);
    agenda.on('complete', onEvent);
    agenda.on('error', onEvent);
    agenda.define('report', async () => void ran.push('report'));
    await agenda.start();
    await agenda.now('report');
    await vi.waitUntil(() => skips.length > 0);
    expect(skips).toEqual([{ name: 'report', reason: 'follower' }]);
    await eventually(async () =>
      expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined, lastRunAt: undefined }]),
    );
    expect(onEvent).not.toHaveBeenCalled();
    expect(ran).toEqual([]);
  });

  it('lockLifetime: a demoted leader keeps the locks of running jobs, and the next leader takes them only after expiry', async () => {
    const { a, b } = await replicas();
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
