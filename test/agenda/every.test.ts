import type { JobParameters, JobRepository } from 'agenda';
import { describe, expect, inject, it } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, eventually, open, rowsOf, succeeded, type Opened, type OpenOptions } from './harness.ts';

const databases = inject('databases');
const HOUR_MS = 3_600_000;
const EVERY_NEW_YEAR = '0 0 1 1 *';
const EVERY_FIRST = '0 0 1 * *';

/** Changes the stored job so that it was due an hour ago and waits for a leader. */
async function makeOverdue({ agenda, backend }: Opened, name = 'report'): Promise<Date> {
  const dueAt = new Date(Date.now() - HOUR_MS);
  for (const row of await rowsOf(agenda, name)) {
    await backend.repository.saveJobState({ ...row, nextRunAt: dueAt }, undefined);
  }
  return dueAt;
}

/** Returns a backend that holds the results of `queryJobs()` until `release()` is called. */
function slow(inner: OpenOptions['backend'] & object) {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const queryJobs: JobRepository['queryJobs'] = async (query) => {
    const answer = await inner.repository.queryJobs(query);
    asked.resolve();
    await released.promise;
    return answer;
  };
  return { backend: altered(inner, { queryJobs }), asked: asked.promise, release: released.resolve };
}

describe.each(databases)('every() on $kind', ({ kind, url }) => {
  it.each([
    { what: 'a cron expression', every: ({ agenda }: Opened) => agenda.every(EVERY_NEW_YEAR, 'report') },
    {
      what: 'skipImmediate',
      every: ({ agenda }: Opened) => agenda.every('1 hour', 'report', undefined, { skipImmediate: true }),
    },
    { what: 'an interval', every: ({ agenda }: Opened) => agenda.every('1 hour', 'report') },
    {
      what: 'a past end date',
      every: ({ agenda }: Opened) => agenda.every(EVERY_NEW_YEAR, 'report', undefined, { endDate: new Date(0) }),
    },
  ])('leaves a run due that waits for a leader when another replica boots ($what)', async ({ every }) => {
    const space = newSpace();
    const a = await open({ kind, url, space });
    const ran: string[] = [];
    a.agenda.define('report', async () => void ran.push('a'));
    await a.agenda.start();
    await every(a);
    const dueAt = await makeOverdue(a);

    const b = await open({ kind, url, space, name: 'b' });
    b.agenda.define('report', async () => void ran.push('b'));
    await b.agenda.start();
    await every(b);
    expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ nextRunAt: dueAt }]);

    const done = succeeded(a.agenda, 'report');
    a.leader.elect();
    await done;
    expect(ran).toEqual(['a']);
  });

  it('applies a changed schedule at once, or after a run that waits', async () => {
    const a = await open({ kind, url, space: newSpace() });
    a.agenda.define('report', async () => {});
    const nextRun = async (): Promise<Date | null | undefined> => (await rowsOf(a.agenda, 'report'))[0]?.nextRunAt;
    await a.agenda.every(EVERY_NEW_YEAR, 'report');
    const [newYear] = [await nextRun()];
    expect(newYear?.getMonth()).toBe(0);
    await a.agenda.every('0 0 1 7 *', 'report');
    expect((await nextRun())?.getMonth()).toBe(6);

    const dueAt = await makeOverdue(a);
    await a.agenda.every('0 0 1 4 *', 'report');
    expect(await nextRun()).toEqual(dueAt);
    const done = succeeded(a.agenda, 'report');
    a.leader.elect();
    await a.agenda.start();
    await done;
    expect((await nextRun())?.getMonth()).toBe(3);
  });

  it('does not repeat a run that begins after a booting replica has found it waiting', async () => {
    const space = newSpace();
    const a = await open({ kind, url, space });
    const ran: string[] = [];
    a.agenda.define('report', async () => void ran.push('a'));
    await a.agenda.every(EVERY_FIRST, 'report');
    const [row] = await rowsOf(a.agenda, 'report');
    await makeOverdue(a);

    const { backend, asked, release } = slow(backendOf(kind, url, space));
    const b = await open({ kind, url, space, name: 'b', backend });
    b.agenda.define('report', async () => void ran.push('b'));
    const booted = b.agenda.every(EVERY_FIRST, 'report');
    await asked;
    const done = succeeded(a.agenda, 'report');
    a.leader.elect();
    await a.agenda.start();
    await done;
    release();
    await booted;
    expect(await rowsOf(a.agenda, 'report')).toMatchObject([{ nextRunAt: row?.nextRunAt }]);
    expect(ran).toEqual(['a']);
  });

  it('moves a waiting run, as Agenda does, if the job is not leader-only', async () => {
    const a = await open({ kind, url, space: newSpace(), leaderOnly: (name) => name !== 'resize' });
    await a.agenda.every(EVERY_NEW_YEAR, 'resize');
    const dueAt = await makeOverdue(a, 'resize');
    await a.agenda.every(EVERY_NEW_YEAR, 'resize');
    const [row] = await rowsOf(a.agenda, 'resize');
    expect(row?.nextRunAt?.getTime()).toBeGreaterThan(dueAt.getTime());
  });

  it('does not keep the old time of a single job that is scheduled once', async () => {
    const a = await open({ kind, url, space: newSpace() });
    const schedule = async (date: Date): Promise<JobParameters> => {
      const job = a.agenda.create('report', {}).schedule(date);
      job.attrs.type = 'single';
      return (await job.save()).attrs;
    };
    await schedule(new Date(Date.now() - HOUR_MS));
    const later = new Date(Date.now() + HOUR_MS);
    expect(await schedule(later)).toMatchObject({ nextRunAt: later });
    expect(await rowsOf(a.agenda, 'report')).toHaveLength(1);
  });

  it('creates one job when four replicas call it at once, which runs once per due time', async () => {
    const space = newSpace();
    const ran: string[] = [];
    const replica = async (name: string): Promise<Opened> => {
      const opened = await open({ kind, url, space, name });
      opened.agenda.define('report', async () => void ran.push(name));
      await opened.agenda.start();
      return opened;
    };
    const first = await replica('first'); // it creates the tables
    const replicas = [first, await replica('second'), await replica('third'), await replica('fourth')];
    const jobs = await Promise.all(replicas.map(({ agenda }) => agenda.every('1 hour', 'report')));
    const rows = await rowsOf(first.agenda, 'report');
    expect(rows).toHaveLength(1);
    const ids = [...rows, ...jobs.map(({ attrs }) => attrs)].map(({ _id }) => _id);
    expect(new Set(ids).size).toBe(1);
    const done = succeeded(first.agenda, 'report');
    first.leader.elect();
    await done;
    await eventually(async () =>
      expect(await rowsOf(first.agenda, 'report')).toMatchObject([
        { lockedAt: undefined, nextRunAt: expect.any(Date) },
      ]),
    );
    expect(ran).toEqual(['first']);
  });
});

describe.each(databases.filter(({ kind }) => kind === 'Redis'))('every() on $kind', ({ kind, url }) => {
  it('continues after another replica has died during its call', async () => {
    const a = await open({ kind, url, space: newSpace() });
    const redis: RedisClient = Reflect.get(a.backend.repository, 'getRedis').call(a.backend.repository);
    const key = `${String(Reflect.get(a.backend.repository, 'keyPrefix'))}cluster-leader:saving:report`;
    await redis.set(key, 'a replica that has died', 'PX', 200);
    await a.agenda.every('1 hour', 'report');
    expect(await redis.get(key)).toBeNull();
    expect(await rowsOf(a.agenda, 'report')).toHaveLength(1);
  });
});

interface RedisClient {
  set(key: string, value: string, px: 'PX', ms: number): Promise<unknown>;
  get(key: string): Promise<string | null>;
}
