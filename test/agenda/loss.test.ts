import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { drain } from '@cluster-leader/agenda';
import { startReplicas } from '@cluster-leader/cli';
import { currentTerm, type Term } from '@cluster-leader/core';
import type { Agenda, Job } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { open, rowsOf, succeeded, type Opened } from './harness.ts';

const databases = inject('databases');
const LONG_MS = 600_000;
const LEASE_MS = 3_000;
const program = fileURLToPath(new URL('fixtures/long-report.ts', import.meta.url));

/** An address that takes a request and never answers. */
async function silentServer(): Promise<string> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return `http://127.0.0.1:${address.port}`;
}

const sleeping = ({ signal }: Term): Promise<void> => sleep(LONG_MS, undefined, { signal });

/** What a job can await until its term ends: each makes an error of its own of that. */
const WORK: readonly { how: string; work: (term: Term) => Promise<unknown> }[] = [
  { how: 'sleep', work: sleeping },
  { how: 'fetch', work: async ({ signal }) => fetch(await silentServer(), { signal }) },
  {
    how: 'execFile',
    work: ({ signal }) => promisify(execFile)(process.execPath, ['-e', `setTimeout(() => {}, ${LONG_MS})`], { signal }),
  },
  {
    how: 'assertLeader()',
    async work(term) {
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve));
      term.assertLeader();
    },
  },
];

/** Ways in which a term ends beneath a job. */
const ENDS: readonly { when: string; end: (one: Opened) => unknown }[] = [
  { when: 'on demotion', end: ({ leader }) => leader.demote() },
  {
    when: 'at the limit of a drain',
    end: async ({ agenda }) => {
      const limits = { signal: AbortSignal.abort(), timeoutMs: 60_000, closeConnection: false };
      expect(await drain(agenda, limits)).toMatchObject({ completed: 0, running: 0, givenBack: 1, aborted: true });
    },
  },
];
const CASES = ENDS.flatMap((end) => WORK.map((work) => ({ ...end, ...work })));

const AS_BEFORE = { lockedAt: undefined, lastRunAt: undefined, failedAt: undefined, failReason: undefined };

describe.each(databases)('A job whose term ends, on $kind,', ({ kind, url }) => {
  interface Running {
    readonly a: Opened;
    readonly b: Opened;
    /** The order in which replicas have begun it. */
    readonly ran: string[];
    readonly failed: () => void;
    /** The next end of it on the first replica. */
    readonly ended: Promise<unknown>;
  }

  /** Two replicas, the first of which leads and has begun the job. */
  async function running(
    work: (term: Term) => Promise<unknown>,
    schedule: (agenda: Agenda) => Promise<Job> = (agenda) => agenda.now('report'),
    options: { readonly retryOnLoss?: boolean } = {},
  ): Promise<Running> {
    const space = newSpace();
    const a = await open({ kind, url, space, ...options });
    const b = await open({ kind, url, space, name: 'b', ...options });
    const ran: string[] = [];
    const begun = Promise.withResolvers<void>();
    a.agenda.define('report', async () => {
      ran.push('a');
      const working = work(currentTerm());
      begun.resolve();
      await working;
    });
    b.agenda.define('report', async () => void ran.push('b'));
    const failed = vi.fn<() => void>();
    a.agenda.on('fail', failed);
    a.leader.elect();
    await a.agenda.start();
    await b.agenda.start();
    await schedule(a.agenda);
    await begun.promise;
    return { a, b, ran, failed, ended: once(a.agenda, 'complete:report') };
  }

  it.each(CASES)(
    'goes back into the queue as it was $when, and the next leader runs it at once ($how)',
    async ({ end, work }) => {
      const { a, b, ran, failed, ended } = await running(work);
      const interrupted = vi.fn<(event: unknown) => void>();
      a.leader.on('interrupted', interrupted);
      await end(a);
      await ended;
      const [row] = await rowsOf(b.agenda, 'report');
      expect(row).toMatchObject({ ...AS_BEFORE, nextRunAt: expect.any(Date) });
      expect(row?.failCount).toBeUndefined();
      expect(failed).not.toHaveBeenCalled();
      await vi.waitFor(() =>
        expect(interrupted.mock.calls).toEqual([
          [expect.objectContaining({ name: 'report', term: expect.anything() })],
        ]),
      );
      const done = succeeded(b.agenda, 'report');
      a.leader.demote();
      b.leader.elect();
      await done;
      expect(ran).toEqual(['a', 'b']);
    },
  );

  it('is found by a leader that was elected before the job had ended', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { a, b, ran } = await running(async (term) => {
      await released;
      term.assertLeader();
    });
    a.leader.demote();
    b.leader.elect(); // it finds nothing to take: the lock is still held
    const other = succeeded(b.agenda, 'other');
    b.agenda.define('other', async () => {});
    await b.agenda.now('other'); // by then it has looked
    await other;
    const done = succeeded(b.agenda, 'report');
    release();
    await done;
    expect(ran).toEqual(['a', 'b']);
  });

  it('is due as before if it repeats, so that the time that was interrupted is not left out', async () => {
    const { a, b, ended } = await running(sleeping, (agenda) => agenda.every('1 hour', 'report'));
    a.leader.demote();
    await ended;
    const [row] = await rowsOf(b.agenda, 'report');
    expect(row).toMatchObject(AS_BEFORE);
    expect(row?.nextRunAt?.getTime()).toBeLessThanOrEqual(Date.now());
    const done = succeeded(b.agenda, 'report');
    b.leader.elect();
    const { attrs } = await done;
    expect(attrs.nextRunAt?.getTime()).toBeGreaterThan(Date.now());
  });

  it('keeps what earlier failures have left, and no backoff is asked', async () => {
    const { agenda, leader, backend } = await open({ kind, url, space: newSpace() });
    const begun = Promise.withResolvers<void>();
    const backoff = vi.fn<() => number>(() => 0);
    agenda.define(
      'report',
      async () => {
        const working = sleeping(currentTerm());
        begun.resolve();
        await working;
      },
      { backoff },
    );
    const { attrs } = await agenda.now('report');
    const failure = { failCount: 1, failReason: 'the disk was full', failedAt: new Date() };
    await backend.repository.saveJobState({ ...attrs, ...failure }, undefined);
    leader.elect();
    await agenda.start();
    await begun.promise;
    const ended = once(agenda, 'complete:report');
    leader.demote();
    await ended;
    expect(await rowsOf(agenda, 'report')).toMatchObject([{ ...failure, nextRunAt: attrs.nextRunAt }]);
    expect(backoff).not.toHaveBeenCalled();
  });

  it('has failed if it rejects with an error of its own', async () => {
    const { a, b, failed, ended } = await running(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw Object.assign(new Error('the disk is full'), { code: 'ERR_NOT_LEADER' }); // of another leader, say
    });
    a.leader.demote();
    await ended;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([
      { failCount: 1, failReason: 'the disk is full', nextRunAt: null },
    ]);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('has failed if retryOnLoss is false, and its backoff decides', async () => {
    const { a, b, failed, ended } = await running(sleeping, undefined, {
      retryOnLoss: false,
    });
    a.leader.demote();
    await ended;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ failCount: 1, nextRunAt: null }]);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('has failed if its lock has expired, since another replica may have run it', async () => {
    const { a, b, ended } = await running(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      vi.setSystemTime(Date.now() + LONG_MS + 1); // longer than the lock lives
      signal.throwIfAborted();
    });
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    a.leader.demote();
    await ended;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ failCount: 1, nextRunAt: null }]);
  });

  it('is left where it was if it ran by job.run(), which then resolves', async () => {
    const { agenda, leader } = await open({ kind, url, space: newSpace() });
    const begun = Promise.withResolvers<void>();
    agenda.define('report', async () => {
      const working = sleep(LONG_MS, undefined, { signal: currentTerm().signal });
      begun.resolve();
      await working;
    });
    const later = new Date(Date.now() + LONG_MS);
    const job = await agenda.schedule(later, 'report', {});
    leader.elect();
    const run = job.run();
    await begun.promise;
    leader.demote();
    await run;
    const [row] = await rowsOf(agenda, 'report');
    expect(row).toMatchObject({ ...AS_BEFORE, nextRunAt: later });
    expect(Object.hasOwn(job, 'fail')).toBe(false);
  });

  it('is put back before drain() resolves at its limit', async () => {
    const { a, b } = await running(sleeping);
    expect(await drain(a.agenda, { timeoutMs: 3_000, closeConnection: false })).toEqual({
      completed: 0,
      running: 0,
      givenBack: 1,
      timedOut: true,
      aborted: false,
    });
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ ...AS_BEFORE, nextRunAt: expect.any(Date) }]);
  });
});

describe.each(databases.filter(({ kind }) => kind === 'Postgres'))('A rolling update on $kind', ({ kind, url }) => {
  it('starts a job that outlives the drain again, on the next leader', { timeout: 60_000 }, async () => {
    const space = newSpace();
    const { agenda } = await open({ kind, url, space, name: 'scheduler' }); // makes the tables as well
    const starts: string[] = [];
    const heard = new EventEmitter();
    const until = async (isReached: () => boolean): Promise<void> => {
      while (!isReached()) await once(heard, 'start');
    };
    const set = await startReplicas({
      command: [process.execPath, '--conditions=@cluster-leader/source', program],
      replicas: 2,
      leaseDurationMs: LEASE_MS,
      env: { ...process.env, DATABASE_URL: url, SPACE: space, LEASE_MS: String(LEASE_MS) },
      onOutput(replica, lines) {
        for (const line of lines) if (line === 'started') starts.push(replica);
        heard.emit('start');
      },
    });
    try {
      await agenda.now('report');
      await until(() => starts.length === 1);
      const [first = ''] = starts;
      set.replica(first).signal('SIGTERM');
      await until(() => starts.length === 2);
      expect(starts[1]).not.toBe(first);
      const [row] = await rowsOf(agenda, 'report');
      expect(row).toMatchObject({ failedAt: undefined, failReason: undefined });
      expect(row?.failCount).toBeUndefined();
    } finally {
      await set.close(0);
    }
  });
});
