import { once } from 'node:events';
import { currentTerm } from '@cluster-leader/core';
import { fakeLeader } from '@cluster-leader/testing';
import { InMemoryNotificationChannel, Job, type JobRepository } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, eventually, NEVER_MS, open, rowsOf, succeeded } from './harness.ts';

const databases = inject('databases');
const HOUR_MS = 3_600_000;

/** A repository whose next call of a method waits until it is let go, before or after it has been done. */
function held(repository: JobRepository, name: 'getNextJobToRun' | 'saveJobState') {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isReached = false;
  const method = async (...args: never[]): Promise<unknown> => {
    const result: unknown = await Reflect.apply(Reflect.get(repository, name), repository, args);
    if (name === 'getNextJobToRun' && result === undefined) return result;
    if (isReached) return result;
    isReached = true;
    reached.resolve();
    await released.promise;
    return result;
  };
  return { reached: reached.promise, release: released.resolve, members: { [name]: method } };
}

describe.each(databases)('On $kind', ({ kind, url }) => {
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

  it('lets a follower schedule, and work on the jobs that are not for the leader alone', async () => {
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

  it('gives back on demotion what it has locked ahead, and the next leader runs it at its time', async () => {
    const space = newSpace();
    const a = await open({ kind, url, space });
    const b = await open({ kind, url, space, name: 'b' });
    const ran: string[] = [];
    a.agenda.define('report', async () => void ran.push('a'));
    b.agenda.define('report', async () => void ran.push('b'));
    a.leader.elect();
    await a.agenda.start();
    await b.agenda.start();
    const at = new Date(Date.now() + 1_000);
    await a.agenda.schedule(at, 'report', {});
    await eventually(async () =>
      expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ lockedAt: expect.any(Date) }]),
    );
    const done = succeeded(b.agenda, 'report');
    a.leader.demote();
    b.leader.elect();
    await done;
    expect(ran).toEqual(['b']);
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
  });

  it('gives back a job that was locked by a query during which leadership was lost', async () => {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const hold = held(inner.repository, 'getNextJobToRun');
    const { agenda, leader } = await open({ kind, url, space, backend: altered(inner, hold.members) });
    const work = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', work);
    await agenda.start();
    await agenda.now('report');
    leader.elect();
    await hold.reached;
    leader.demote();
    hold.release();
    await eventually(async () => expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined }]));
    expect(work).not.toHaveBeenCalled();
    const done = succeeded(agenda, 'report');
    leader.elect();
    await done;
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('gives back a job whose beginning was being saved when leadership was lost', async () => {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const hold = held(inner.repository, 'saveJobState');
    const { agenda, leader } = await open({ kind, url, space, backend: altered(inner, hold.members) });
    const work = vi.fn<() => Promise<void>>(async () => {});
    const errors = vi.fn<() => void>();
    agenda.define('report', work);
    agenda.on('error', errors);
    leader.elect();
    await agenda.start();
    const { attrs } = await agenda.now('report');
    await hold.reached;
    expect(await rowsOf(agenda, 'report')).toMatchObject([{ nextRunAt: null, lockedAt: expect.any(Date) }]);
    leader.demote();
    hold.release();
    await eventually(async () =>
      expect(await rowsOf(agenda, 'report')).toMatchObject([
        { nextRunAt: attrs.nextRunAt, lockedAt: undefined, lastRunAt: undefined },
      ]),
    );
    expect(work).not.toHaveBeenCalled();
    const done = succeeded(agenda, 'report');
    leader.elect();
    await done;
    expect(work).toHaveBeenCalledTimes(1);
    expect(errors).not.toHaveBeenCalled();
  });

  it('does not lose a job whose runner died, when it is taken again and given back', async () => {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const hold = held(inner.repository, 'getNextJobToRun');
    const { agenda, leader } = await open({ kind, url, space, backend: altered(inner, hold.members) });
    agenda.define('report', async () => {});
    const { attrs } = await agenda.now('report');
    const diedAt = new Date(Date.now() - HOUR_MS);
    await inner.repository.saveJobState({ ...attrs, nextRunAt: null, lastRunAt: diedAt, lockedAt: diedAt }, undefined);
    await agenda.start();
    leader.elect();
    await hold.reached;
    leader.demote();
    hold.release();
    await eventually(async () => {
      const [row] = await rowsOf(agenda, 'report');
      expect(row?.lockedAt?.getTime()).toBeLessThan(Date.now() - HOUR_MS / 10);
    });
    const done = succeeded(agenda, 'report');
    leader.elect();
    await done;
  });

  it('runs an every() job of which all replicas speak once for each time', async () => {
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

  it('runs nothing where it is unknown who leads and that throws, and says so', async () => {
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

  it('does not strand a job that is being locked when Agenda stops', async () => {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const hold = held(inner.repository, 'getNextJobToRun');
    const { agenda, leader } = await open({ kind, url, space, backend: altered(inner, hold.members) });
    const work = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', work);
    leader.elect();
    await agenda.now('report');
    await agenda.start();
    await hold.reached;
    await agenda.stop(false);
    hold.release();
    await eventually(async () => expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined }]));
    const done = succeeded(agenda, 'report');
    await agenda.start();
    await done;
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('frees a job that is being locked when Agenda stops, before the connection goes', async () => {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const hold = held(inner.repository, 'getNextJobToRun');
    const a = await open({ kind, url, space, backend: altered(inner, hold.members) });
    const b = await open({ kind, url, space, name: 'b' });
    a.agenda.define('report', async () => {});
    a.leader.elect();
    await a.agenda.now('report');
    await a.agenda.start();
    await hold.reached;
    const stopped = a.agenda.stop(true);
    hold.release();
    await stopped;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ lockedAt: undefined }]);
  });

  it('does not unlock, when Agenda stops, what it has given back and another replica holds', async () => {
    const space = newSpace();
    const a = await open({ kind, url, space });
    const b = await open({ kind, url, space, name: 'b' });
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    a.agenda.define('report', async () => {});
    b.agenda.define('report', async () => {
      begun.resolve();
      await finish.promise;
    });
    a.leader.elect();
    await a.agenda.start();
    await b.agenda.start();
    await a.agenda.schedule(new Date(Date.now() + NEVER_MS / 2), 'report', {});
    await eventually(async () =>
      expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ lockedAt: expect.any(Date) }]),
    );
    a.leader.demote();
    const [row] = await vi.waitUntil(async () => {
      const rows = await rowsOf(a.agenda, 'report');
      return rows.some(({ lockedAt }) => lockedAt === undefined) && rows;
    });
    if (row !== undefined) await b.backend.repository.saveJobState({ ...row, nextRunAt: new Date() }, undefined);
    b.leader.elect();
    await begun.promise;
    await a.agenda.stop(false);
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ lockedAt: expect.any(Date) }]);
    const done = succeeded(b.agenda, 'report');
    finish.resolve();
    await done;
  });

  it('leaves alone what it has given back of forked jobs, whose rows may be gone since', async () => {
    const rejections: unknown[] = [];
    const hear = (error: unknown): void => void rejections.push(error);
    process.on('unhandledRejection', hear); // it would end the process
    onTestFinished(() => void process.off('unhandledRejection', hear));
    const { agenda, leader } = await open({ kind, url, space: newSpace() });
    agenda.define('report', async () => {});
    agenda.define('other', async () => {});
    leader.elect();
    await agenda.start();
    const isLocked = async (): Promise<boolean> => {
      const [row] = await rowsOf(agenda, 'report');
      return row?.lockedAt !== undefined;
    };
    await agenda
      .create('report', {})
      .forkMode(true)
      .schedule(new Date(Date.now() + NEVER_MS / 2))
      .save();
    await vi.waitUntil(isLocked);
    leader.demote();
    await vi.waitUntil(async () => !(await isLocked()));
    await agenda.cancel({ name: 'report' }); // as `removeOnComplete` does where another replica has run it
    leader.elect();
    for (let count = 0; count < 3; count += 1) {
      const done = succeeded(agenda, 'other'); // each time Agenda goes through all it has in memory
      await agenda.now('other');
      await done;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  });

  it('runs a job by job.run() where this replica leads, and skips it on a follower', async () => {
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

  it('opens no gate to job.run() by a misspelt name', async () => {
    const { agenda } = await open({ kind, url, space: newSpace(), leaderOnly: ['repotr'] });
    const work = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', work);
    const job = await agenda.now('report');
    await job.run();
    expect(work).not.toHaveBeenCalled();
    agenda.define('repotr', async () => {}); // control: both are known now, and this one is not leader-only
    await job.run();
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('refuses to run leader-only jobs in another copy of Agenda, and gives them back without taking them again at once', async () => {
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
    expect(publish).toHaveBeenCalledTimes(1); // by now()
  });
});
