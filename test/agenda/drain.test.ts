import { drain } from '@cluster-leader/agenda';
import { currentTerm } from '@cluster-leader/core';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { Agenda } from 'agenda';
import { describe, expect, inject, it, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, eventually, NEVER_MS, open, replaced, rowsOf, spiedBackend, succeeded } from './harness.ts';

const databases = inject('databases');

describe.each(databases)('drain() on $kind', ({ kind, url }) => {
  it('frees jobs that were locked ahead, leader-only or not, and lets running jobs finish', async () => {
    const space = newSpace();
    const { agenda, leader, backend } = await open({ kind, url, space, leaderOnly: ['report', 'running'] });
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ahead = vi.fn<() => Promise<void>>(async () => {});
    let endedEarly: boolean | undefined;
    agenda.define('report', ahead);
    agenda.define('resize', ahead);
    agenda.define('running', async () => {
      begun.resolve();
      await finish.promise;
      endedEarly = currentTerm().signal.aborted;
    });
    leader.elect();
    await agenda.start();
    const later = new Date(Date.now() + NEVER_MS / 2);
    await agenda.schedule(later, 'report', {});
    await agenda.schedule(later, 'resize', {});
    await agenda.now('running');
    await begun.promise;
    for (const name of ['report', 'resize']) {
      await eventually(async () => expect(await rowsOf(agenda, name)).toMatchObject([{ lockedAt: expect.any(Date) }]));
    }
    const draining = drain(agenda, { closeConnection: false });
    await eventually(async () => {
      expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined }]);
      expect(await rowsOf(agenda, 'resize')).toMatchObject([{ lockedAt: undefined }]);
    });
    finish.resolve();
    expect(await draining).toEqual({ completed: 1, running: 0, givenBack: 2, timedOut: false, aborted: false });
    expect(await rowsOf(agenda, 'running')).toMatchObject([{ lockedAt: undefined, lastFinishedAt: expect.any(Date) }]);
    expect(ahead).not.toHaveBeenCalled();
    expect(endedEarly).toBe(false);

    const rows = [...(await rowsOf(agenda, 'report')), ...(await rowsOf(agenda, 'resize'))];
    for (const row of rows) await backend.repository.saveJobState({ ...row, nextRunAt: new Date() }, undefined);
    const again = Promise.all([succeeded(agenda, 'report'), succeeded(agenda, 'resize')]);
    await agenda.start();
    await again;
    expect(ahead).toHaveBeenCalledTimes(2);
  });

  it('ends terms at its limit, leaves locks, and closes the connection only after a late job has been saved', async () => {
    const space = newSpace();
    const { backend, disconnect } = spiedBackend({ kind, url, space }, true);
    const { agenda, leader } = await open({ kind, url, space, backend });
    const [begun, finish] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<void>()];
    agenda.define('running', async () => {
      begun.resolve(currentTerm().signal);
      await finish.promise;
    });
    leader.elect();
    await agenda.start();
    await agenda.now('running');
    const signal = await begun.promise;
    expect(await drain(agenda, { timeoutMs: 50 })).toMatchObject({ running: 1, completed: 0, timedOut: true });
    expect(signal.aborted).toBe(true);
    expect(disconnect).not.toHaveBeenCalled();
    expect(await rowsOf(agenda, 'running')).toMatchObject([{ lockedAt: expect.any(Date) }]);
    const saved = eventually(() => expect(disconnect).toHaveBeenCalledTimes(1));
    finish.resolve();
    await saved;
    const reader = await open({ kind, url, space, name: 'reader' });
    expect(await rowsOf(reader.agenda, 'running')).toMatchObject([
      { lockedAt: undefined, lastFinishedAt: expect.any(Date) },
    ]);
  });

  it('resolves within its limit even if the database hangs', async () => {
    const space = newSpace();
    const inner = backendOf(kind, url, space);
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    const hanging = altered(inner, {
      getNextJobToRun: () => {
        asked.resolve();
        return answer.promise;
      },
    });
    const { agenda, leader } = await open({ kind, url, space, backend: hanging });
    agenda.define('report', async () => {});
    leader.elect();
    await agenda.start();
    await asked.promise;
    expect(await drain(agenda, { timeoutMs: 50 })).toMatchObject({ running: 0, timedOut: true });
    expect(await drain(agenda, { signal: AbortSignal.abort() })).toMatchObject({ aborted: true, timedOut: false });
    answer.resolve(undefined);
  });

  it('can be called twice at once', async () => {
    const { agenda } = await open({ kind, url, space: newSpace() });
    await agenda.start();
    const outcome = { completed: 0, running: 0, givenBack: 0, timedOut: false, aborted: false };
    expect(await Promise.all([drain(agenda), drain(agenda)])).toEqual([outcome, outcome]);
  });

  it('stops an Agenda that is starting', async () => {
    const { agenda, leader } = await open({ kind, url, space: newSpace() });
    const work = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', work);
    leader.elect();
    await agenda.now('report');
    const started = agenda.start();
    await drain(agenda, { closeConnection: false });
    await started;
    expect(agenda.isActiveJobProcessor()).toBe(false);
    expect(work).not.toHaveBeenCalled();
    const done = succeeded(agenda, 'report');
    await agenda.start();
    await done;
  });

  it('lets an Agenda start again while an earlier job still runs, and does not listen to the leader in between', async () => {
    const leader = fakeLeader();
    let listeners = 0;
    const on: FakeLeader['on'] = (name, listener) => {
      const end = leader.on(name, listener);
      listeners += 1;
      return () => {
        listeners -= 1;
        end();
      };
    };
    const { agenda } = await open({ kind, url, space: newSpace(), leader: replaced(leader, { on }) });
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    agenda.define('running', async () => {
      begun.resolve();
      await finish.promise;
    });
    agenda.define('report', async () => {});
    leader.elect();
    await agenda.start();
    await agenda.now('running');
    await begun.promise;
    expect(listeners).toBe(1);
    expect(await drain(agenda, { timeoutMs: 50, closeConnection: false })).toMatchObject({ running: 1 });
    await eventually(() => expect(listeners).toBe(0));
    await vi.waitUntil(() => !agenda.isActiveJobProcessor());
    const done = succeeded(agenda, 'report');
    await agenda.start();
    await agenda.now('report');
    await done;
    finish.resolve();
    await drain(agenda, { closeConnection: false });
  });

  it('rejects for an Agenda without a gate, and for a limit that cannot work', async () => {
    const space = newSpace();
    const { agenda, backend } = await open({ kind, url, space });
    const plain = new Agenda({ backend });
    await expect(drain(plain)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/^agenda is .*gateBackend/s),
    });
    await expect(drain(agenda, { timeoutMs: 0 })).rejects.toThrow('timeoutMs is 0, but it must be a number');
    const invalid = [
      { limits: 30_000, message: 'options is 30000, but it must be an object' }, // what Agenda's own drain() accepts
      { limits: { timeout: 1 }, message: 'timeout is 1, but it must be one of the options: timeoutMs, signal' },
      { limits: { signal: {} }, message: 'signal is {}, but it must be an AbortSignal' },
    ];
    for (const { limits, message } of invalid) {
      await expect(Reflect.apply(drain, undefined, [agenda, limits])).rejects.toThrow(message);
    }
  });
});
