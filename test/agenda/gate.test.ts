import { once } from 'node:events';
import { currentTerm } from '@cluster-leader/core';
import { fakeLeader } from '@cluster-leader/testing';
import { InMemoryNotificationChannel, Job } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { open, rowsOf, succeeded } from './harness.ts';

describe.each(inject('databases'))('A gate on $kind', ({ kind, url }) => {
  it('leaves a job in the queue on a follower, and runs it at once on election', async () => {
    const { agenda, leader } = await open({ kind, url, space: newSpace() });
    const terms: (number | undefined)[] = [];
    agenda.define('report', async () => void terms.push(currentTerm().number));
    await agenda.start();
    await agenda.now('report');
    expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined, lastRunAt: undefined }]);
    const done = succeeded(agenda, 'report');
    leader.elect();
    await done;
    expect(terms).toEqual([1]);
    expect(await rowsOf(agenda, 'report')).toMatchObject([{ nextRunAt: null }]);
  });

  it('lets a follower schedule jobs, and run those that are not leader-only', async () => {
    const space = newSpace();
    const a = await open({ kind, url, space, leaderOnly: ['report'] });
    const b = await open({ kind, url, space, name: 'b', leaderOnly: ['report'] });
    a.leader.elect();
    const ran: string[] = [];
    a.agenda.define('report', async () => void ran.push('report on a'));
    b.agenda.define('report', async () => void ran.push('report on b'));
    const failed = once(b.agenda, 'fail:resize');
    b.agenda.define('resize', async () => {
      ran.push('resize on b');
      currentTerm();
    });
    await a.agenda.start();
    await b.agenda.start();
    const done = succeeded(a.agenda, 'report');
    await b.agenda.now('report');
    await b.agenda.now('resize');
    await done;
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ERR_NO_TERM' });
    expect(ran.toSorted()).toEqual(['report on a', 'resize on b']);
  });

  it('runs an every() job that all replicas schedule once per due time', async () => {
    const space = newSpace();
    const a = await open({ kind, url, space });
    const b = await open({ kind, url, space, name: 'b' });
    const c = await open({ kind, url, space, name: 'c' });
    const ran: string[] = [];
    for (const [name, { agenda }] of Object.entries({ a, b, c })) {
      agenda.define('report', async () => void ran.push(name));
      await agenda.start();
      await agenda.every('1 hour', 'report');
    }
    expect(await rowsOf(a.agenda, 'report')).toHaveLength(1);
    const done = succeeded(b.agenda, 'report');
    b.leader.elect();
    const { attrs } = await done;
    expect(ran).toEqual(['b']);
    expect(attrs.nextRunAt?.getTime()).toBeGreaterThan(Date.now());
  });

  it("runs nothing and emits an error while the standing is unknown and onUnknown is 'throw'", async () => {
    const space = newSpace();
    const leader = fakeLeader({ onUnknown: 'throw' });
    leader.unknown();
    const { agenda } = await open({ kind, url, space, leader });
    agenda.define('report', async () => {});
    const failed = once(agenda, 'error');
    await agenda.start();
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ERR_LEADER_UNKNOWN' });
    await agenda.now('report');
    expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined, lastRunAt: undefined }]);
    const done = succeeded(agenda, 'report');
    leader.elect();
    await done;
  });

  it('runs job.run() on the leader, and skips it on a follower', async () => {
    const { agenda, leader } = await open({ kind, url, space: newSpace() });
    const terms: (number | undefined)[] = [];
    const skips: unknown[] = [];
    agenda.define('report', async () => void terms.push(currentTerm().number));
    leader.on('skipped', (skip) => skips.push(skip));
    leader.demote();
    const job = await agenda.now('report');
    await job.run();
    expect(terms).toEqual([]);
    expect(skips).toEqual([{ name: 'report', reason: 'follower' }]);
    leader.elect();
    await job.run();
    expect(terms).toEqual([1]);
  });

  it('does not run job.run() on a follower while leaderOnly contains a typo', async () => {
    const { agenda } = await open({ kind, url, space: newSpace(), leaderOnly: ['repotr'] });
    const work = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', work);
    const job = await agenda.now('report');
    await job.run();
    expect(work).not.toHaveBeenCalled();
    agenda.define('repotr', async () => {}); // control: the listed name is defined now, and this job is not leader-only
    await job.run();
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('rejects leader-only jobs in another copy of Agenda, and gives them back without taking them again at once', async () => {
    const space = newSpace();
    const backend = backendOf(kind, url, space);
    const notificationChannel = backend.notificationChannel ?? new InMemoryNotificationChannel();
    const publish = vi.spyOn(notificationChannel, 'publish');
    const { agenda, leader } = await open({ kind, url, space, backend, notificationChannel });
    const spy = vi.spyOn(Job.prototype, 'run').mockImplementation(async function run(this: Job) {
      this.attrs.lastRunAt = new Date();
      await this.agenda.db.saveJobState(this.attrs, undefined);
      await this.runJob();
    });
    onTestFinished(() => spy.mockRestore());
    const work = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', work);
    const failed = once(agenda, 'error');
    leader.elect();
    await agenda.start();
    await agenda.now('report');
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining('another copy') });
    expect(work).not.toHaveBeenCalled();
    expect(await rowsOf(agenda, 'report')).toMatchObject([{ lastRunAt: undefined }]);
    expect(publish).toHaveBeenCalledTimes(1); // by agenda.now()
  });
});
