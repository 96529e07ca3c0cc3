import { drain, gateBackend } from '@cluster-leader/agenda';
import { fakeLeader } from '@cluster-leader/testing';
import { Agenda } from 'agenda';
import { describe, expect, inject, it, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { open, replaced, spiedBackend } from './harness.ts';

describe.each(inject('databases'))('The connection after a drain() on $kind,', ({ kind, url }) => {
  it.each([
    { owns: true, closes: 1 },
    { owns: false, closes: 0 },
    { owns: undefined, closes: 0 },
  ])('is closed only if the backend reports that it opened it (ownsConnection: $owns)', async ({ owns, closes }) => {
    const space = newSpace();
    const { backend, disconnect } = spiedBackend({ kind, url, space }, owns);
    const { agenda } = await open({ kind, url, space, backend });
    await agenda.start();
    await drain(agenda);
    expect(disconnect).toHaveBeenCalledTimes(closes);
  });

  it('is closed if the Agenda only schedules', async () => {
    const space = newSpace();
    const { backend, disconnect } = spiedBackend({ kind, url, space }, true);
    const { agenda } = await open({ kind, url, space, backend });
    await agenda.now('report');
    expect(await drain(agenda)).toEqual({ completed: 0, running: 0, givenBack: 0, timedOut: false, aborted: false });
    expect(disconnect).toHaveBeenCalledTimes(1);
  });

  it('does not keep drain() from resolving if it cannot be closed', async () => {
    const space = newSpace();
    const { backend, disconnect } = spiedBackend({ kind, url, space }, true);
    const { agenda } = await open({ kind, url, space, backend });
    await agenda.start();
    disconnect.mockRejectedValueOnce(new Error('on purpose'));
    expect(await drain(agenda)).toMatchObject({ timedOut: false });
  });

  it('is closed after it is open, if it is being opened', async () => {
    const space = newSpace();
    const { backend, disconnect } = spiedBackend({ kind, url, space }, true);
    const connected = vi.fn<() => void>();
    const connect = async (): Promise<void> => {
      await backend.connect();
      connected();
    };
    const leader = fakeLeader();
    const gated = gateBackend(replaced(backend, { connect }), { leader, leaderOnly: 'all' });
    await drain(new Agenda({ backend: gated }));
    expect(disconnect).toHaveBeenCalledTimes(1);
    expect(connected).toHaveBeenCalledBefore(disconnect);
  });
});
