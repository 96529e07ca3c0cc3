import { Leader, ManualSource } from '@cluster-leader/core';
import { describe, expect, inject, it, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { eventually, open, openTwo, rowsOf, succeeded, type Opened } from './harness.ts';

const HOUR_MS = 3_600_000;

/** Leads until the first check. */
class SourceThatLosesAtCheck extends ManualSource {
  override async check(): Promise<void> {
    this.become({ standing: 'follower' });
  }
}

// What docs/agenda.md says about Agenda's methods. now() is in gate.test.ts, more of every() in every.test.ts.
describe.each(inject('databases'))('With a gate on $kind', ({ kind, url }) => {
  it('schedule(): a job that became due without a leader runs once on election, and no job runs early', async () => {
    const { a, b } = await openTwo({ kind, url });
    const ran: string[] = [];
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
    const { a, b } = await openTwo({ kind, url });
    const ran: string[] = [];
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
});
