import { drain } from '@cluster-leader/agenda';
import { currentTerm } from '@cluster-leader/core';
import { Agenda } from 'agenda';
import { describe, expect, inject, it, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, open, rowsOf, succeeded, type OpenOptions } from './harness.ts';

const databases = inject('databases');

/** The backend, and whether its connection is as it says. */
function watched(
  { kind, url, space }: Pick<OpenOptions, 'kind' | 'url' | 'space'>,
  ownsConnection: boolean | undefined,
) {
  const inner = backendOf(kind, url, space);
  const disconnect = vi.fn<() => Promise<void>>(() => inner.disconnect());
  const backend = new Proxy(inner, {
    get(target, key) {
      if (key === 'disconnect') return disconnect;
      if (key === 'ownsConnection') return ownsConnection;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { backend, disconnect };
}

describe.each(databases)('drain() on $kind', ({ kind, url }) => {
  it('frees what was locked ahead, also of jobs that are not for the leader alone, and lets running jobs finish', async () => {
    const space = newSpace();
    const { agenda, leader } = await open({ kind, url, space, leaderOnly: ['report', 'running'] });
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ahead = vi.fn<() => Promise<void>>(async () => {});
    agenda.define('report', ahead);
    agenda.define('resize', ahead);
    agenda.define('running', async () => {
      begun.resolve();
      await finish.promise;
      expect(currentTerm().signal.aborted).toBe(false);
    });
    leader.elect();
    await agenda.start();
    await agenda.schedule(new Date(Date.now() + 800), 'report', {});
    await agenda.schedule(new Date(Date.now() + 800), 'resize', {});
    await agenda.now('running');
    await begun.promise;
    await vi.waitFor(async () =>
      expect(await rowsOf(agenda, 'resize')).toMatchObject([{ lockedAt: expect.any(Date) }]),
    );
    const draining = drain(agenda, { closeConnection: false });
    await vi.waitFor(async () => {
      expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined }]);
      expect(await rowsOf(agenda, 'resize')).toMatchObject([{ lockedAt: undefined }]);
    });
    finish.resolve();
    expect(await draining).toEqual({ completed: 1, running: 0, givenBack: 2, timedOut: false, aborted: false });
    expect(await rowsOf(agenda, 'running')).toMatchObject([{ lockedAt: undefined, lastFinishedAt: expect.any(Date) }]);
    expect(ahead).not.toHaveBeenCalled();

    const again = Promise.all([succeeded(agenda, 'report'), succeeded(agenda, 'resize')]);
    await agenda.start();
    await again;
    expect(ahead).toHaveBeenCalledTimes(2);
  });

  it('gives up at its limit: terms end, locks stay, and a job that ends later is still saved before the connection goes', async () => {
    const space = newSpace();
    const { backend, disconnect } = watched({ kind, url, space }, true);
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
    const saved = vi.waitFor(() => expect(disconnect).toHaveBeenCalledTimes(1));
    finish.resolve();
    await saved;
    const reader = await open({ kind, url, space, name: 'reader' });
    expect(await rowsOf(reader.agenda, 'running')).toMatchObject([
      { lockedAt: undefined, lastFinishedAt: expect.any(Date) },
    ]);
  });

  it('is bounded also where the database hangs', async () => {
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

  it.each([
    { owns: true, closes: 1 },
    { owns: false, closes: 0 },
    { owns: undefined, closes: 0 },
  ])('closes the connection only where the backend says that it opened it ($owns)', async ({ owns, closes }) => {
    const space = newSpace();
    const { backend, disconnect } = watched({ kind, url, space }, owns);
    const { agenda } = await open({ kind, url, space, backend });
    await agenda.start();
    await drain(agenda);
    expect(disconnect).toHaveBeenCalledTimes(closes);
  });

  it('closes the connection of an Agenda that only schedules', async () => {
    const space = newSpace();
    const { backend, disconnect } = watched({ kind, url, space }, true);
    const { agenda } = await open({ kind, url, space, backend });
    await agenda.now('report');
    expect(await drain(agenda)).toEqual({ completed: 0, running: 0, givenBack: 0, timedOut: false, aborted: false });
    expect(disconnect).toHaveBeenCalledTimes(1);
  });

  it('refuses an Agenda without a gate, and a limit that is none', async () => {
    const space = newSpace();
    const { agenda, backend } = await open({ kind, url, space });
    const plain = new Agenda({ backend });
    await expect(drain(plain)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/^agenda is .*gateBackend/s),
    });
    await expect(drain(agenda, { timeoutMs: 0 })).rejects.toThrow('timeoutMs is 0, but it must be a number');
  });
});
