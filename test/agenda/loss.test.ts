import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { drain } from '@cluster-leader/agenda';
import { currentTerm, type Term } from '@cluster-leader/core';
import type { Agenda, Job } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { open, rowsOf, succeeded, type Opened } from './harness.ts';

const databases = inject('databases');
const LONG_MS = 600_000;

/** Starts a server that accepts requests and never responds; resolves with its address. */
async function silentServer(): Promise<string> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

const sleeping = ({ signal }: Term): Promise<void> => sleep(LONG_MS, undefined, { signal });

/** What a job may await when its term ends. Each rejects with a different error. */
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

/** How the term of a running job ends. */
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
    /** The replicas that have begun the job, in order. */
    readonly ran: string[];
    readonly failed: () => void;
    /** Resolves when the job next ends on the first replica. */
    readonly ended: Promise<unknown>;
  }

  /** Opens two replicas; the first leads and has begun the job. */
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
    'goes back into the queue unchanged $when, and the next leader runs it at once ($how)',
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

  it('is announced to a leader that was elected before the job ended', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { a, b, ran } = await running(async (term) => {
      await released;
      term.assertLeader();
    });
    a.leader.demote();
    b.leader.elect(); // it finds no job, because the lock is still held
    const other = succeeded(b.agenda, 'other');
    b.agenda.define('other', async () => {});
    await b.agenda.now('other'); // when this has run, b has queried
    await other;
    const done = succeeded(b.agenda, 'report');
    release();
    await done;
    expect(ran).toEqual(['a', 'b']);
  });

  it('keeps its due time if it repeats, so that the interrupted run is not skipped', async () => {
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

  it('keeps the record of earlier failures, and its backoff is not called', async () => {
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

  it('fails if it rejects with an unrelated error', async () => {
    const { a, b, failed, ended } = await running(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw Object.assign(new Error('the disk is full'), { code: 'ERR_NOT_LEADER' }); // as if from another leader
    });
    a.leader.demote();
    await ended;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([
      { failCount: 1, failReason: 'the disk is full', nextRunAt: null },
    ]);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('fails if retryOnLoss is false', async () => {
    const { a, b, failed, ended } = await running(sleeping, undefined, {
      retryOnLoss: false,
    });
    a.leader.demote();
    await ended;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ failCount: 1, nextRunAt: null }]);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('fails if its lock has expired, since another replica may have run it', async () => {
    const { a, b, ended } = await running(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      vi.setSystemTime(Date.now() + LONG_MS + 1); // later than the lock expires
      signal.throwIfAborted();
    });
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    a.leader.demote();
    await ended;
    expect(await rowsOf(b.agenda, 'report')).toMatchObject([{ failCount: 1, nextRunAt: null }]);
  });

  it('keeps its due time if it was run by job.run(), which then resolves', async () => {
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
