import type { JobRepository } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, eventually, NEVER_MS, open, rowsOf, succeeded, type Opened } from './harness.ts';

const HOUR_MS = 3_600_000;

type HeldMethod = 'getNextJobToRun' | 'saveJobState';

interface Hold {
  /** Resolves when the database has done the call. */
  readonly reached: Promise<void>;
  /** Lets the call return. */
  readonly release: () => void;
}

/** Holds the return of one call of a repository: the first save, or the first query that finds a job. */
function holdCall(repository: JobRepository, name: HeldMethod): Hold & { readonly members: Partial<JobRepository> } {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isReached = false;
  const method = async (...args: never[]): Promise<unknown> => {
    const result: unknown = await Reflect.apply(Reflect.get(repository, name), repository, args);
    if (isReached || (name === 'getNextJobToRun' && result === undefined)) return result;
    isReached = true;
    reached.resolve();
    await released.promise;
    return result;
  };
  return { reached: reached.promise, release: released.resolve, members: { [name]: method } };
}

describe.each(inject('databases'))('A gate on $kind', ({ kind, url }) => {
  async function openHolding(name: HeldMethod): Promise<Opened & { readonly space: string; readonly hold: Hold }> {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const { members, ...hold } = holdCall(inner.repository, name);
    const opened = await open({ kind, url, space, backend: altered(inner, members) });
    return { ...opened, space, hold };
  }

  it('gives back a job that was locked ahead on demotion, and the next leader runs it at its time', async () => {
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

  it('gives back a job if leadership is lost during the query that locks it', async () => {
    const { agenda, leader, hold } = await openHolding('getNextJobToRun');
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

  it('gives back a job if leadership is lost while its start is being saved', async () => {
    const { agenda, leader, hold } = await openHolding('saveJobState');
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

  it('keeps a job whose runner died takeable after it was taken again and given back', async () => {
    const { agenda, leader, backend, hold } = await openHolding('getNextJobToRun');
    agenda.define('report', async () => {});
    const { attrs } = await agenda.now('report');
    const diedAt = new Date(Date.now() - HOUR_MS);
    await backend.repository.saveJobState(
      { ...attrs, nextRunAt: null, lastRunAt: diedAt, lockedAt: diedAt },
      undefined,
    );
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

  it('frees a job that is being locked when Agenda stops, so that a restart can run it', async () => {
    const { agenda, leader, hold } = await openHolding('getNextJobToRun');
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

  it('frees a job that is being locked when Agenda stops before it closes the connection', async () => {
    const { space, hold, ...a } = await openHolding('getNextJobToRun');
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

  it('does not unlock a given-back job that another replica holds when Agenda stops', async () => {
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

  it('does not query the row of a given-back forked job, which may be deleted by then', async () => {
    const rejections: unknown[] = [];
    const onRejection = (error: unknown): void => void rejections.push(error);
    process.on('unhandledRejection', onRejection); // without a listener it would end the process
    onTestFinished(() => void process.off('unhandledRejection', onRejection));
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
    await agenda.cancel({ name: 'report' }); // as `removeOnComplete` does when another replica has run the job
    leader.elect();
    for (let count = 0; count < 3; count += 1) {
      const done = succeeded(agenda, 'other'); // each time Agenda goes through all jobs in its memory
      await agenda.now('other');
      await done;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  });
});
