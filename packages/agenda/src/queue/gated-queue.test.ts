import { fakeLeader } from '@cluster-leader/testing';
import { Agenda, InMemoryNotificationChannel, Job } from 'agenda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { gateBackend } from '../gate/gate-backend.ts';
import { overlay } from '../gate/overlay.ts';
import { ProbeRepository } from '../compatibility/probe-repository.ts';

const leader = fakeLeader();

// The tests on real databases are in test/agenda.
describe('A gated queue', () => {
  it('leaves all jobs to the leader while no job has a listed name, and warns once, since the name may be a typo', async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const repository = new ProbeRepository();
    const elected = fakeLeader();
    const gated = gateBackend(repository.backend, { leader: elected, leaderOnly: ['repotr'] });
    repository.put('report');
    const now = new Date();
    const next = (name: string) => gated.repository.getNextJobToRun(name, now, now, undefined, undefined);
    expect(await next('report')).toBeUndefined();
    expect(await next('report')).toBeUndefined();
    expect(repository.calls).toEqual([]);
    await vi.waitFor(() =>
      expect(warnings).toEqual([
        expect.stringContaining(
          'leaderOnly names repotr, but it must name jobs that are defined here, which are report.',
        ),
        expect.stringContaining('Give it to gateBackend as notificationChannel instead.'),
      ]),
    );

    elected.elect();
    expect(await next('report')).toMatchObject({ name: 'report' });
    elected.demote();
    await vi.waitFor(() => expect(repository.isFree).toBe(true));
    // Once a job has that name, followers take the others again.
    expect(await Promise.all([next('report'), next('repotr')])).toMatchObject([{ name: 'report' }, undefined]);
  });

  it('takes nothing for an Agenda that has stopped during a scan, since nobody would run the locked jobs', async () => {
    const repository = new ProbeRepository();
    const notificationChannel = new InMemoryNotificationChannel();
    const gated = gateBackend(repository.backend, { leader, leaderOnly: () => false, notificationChannel });
    repository.put('report');
    const now = new Date();
    const next = () => gated.repository.getNextJobToRun('report', now, now, undefined, undefined);
    gated.notificationChannel?.subscribe(() => {})();
    expect(await next()).toBeUndefined();
    expect(repository.calls).toEqual([]);

    const restarted = next(); // a new Agenda queries first and subscribes afterwards
    gated.notificationChannel?.subscribe(() => {});
    expect(await restarted).toMatchObject({ name: 'report' });
  });

  it('does not announce a job that Agenda unlocks because of its lockLimit, as Agenda does not either', async () => {
    const repository = new ProbeRepository();
    const notificationChannel = new InMemoryNotificationChannel();
    const publish = vi.spyOn(notificationChannel, 'publish');
    const gated = gateBackend(repository.backend, { leader, leaderOnly: () => false, notificationChannel });
    repository.put('report');
    await notificationChannel.connect();
    gated.notificationChannel?.subscribe(() => {});
    const now = new Date();
    const row = await gated.repository.getNextJobToRun('report', now, now, undefined, undefined);
    if (row !== undefined) await gated.repository.unlockJob(row);
    expect(repository.calls).toEqual(['take', 'unlock']);
    expect(publish).not.toHaveBeenCalled();
  });

  it('does not unlock a job whose lock expired during the query, since another replica may hold it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const repository = new ProbeRepository();
    const elected = fakeLeader();
    elected.elect();
    const [lockLifetimeMs, lockedAt] = [60_000, new Date()];
    const slow = overlay(repository.backend.repository, {
      async getNextJobToRun() {
        const row = await repository.getNextJobToRun();
        vi.setSystemTime(lockedAt.getTime() + lockLifetimeMs); // as if the process had been stopped meanwhile
        elected.demote();
        return row && { ...row, lockedAt };
      },
    });
    const backend = gateBackend(overlay(repository.backend, { repository: slow }), {
      leader: elected,
      leaderOnly: 'all',
    });
    repository.put('report');
    const deadline = new Date(lockedAt.getTime() - lockLifetimeMs);
    const row = await backend.repository.getNextJobToRun('report', lockedAt, deadline, undefined, undefined);
    expect(row).toBeUndefined();
    expect(repository.calls).toEqual(['take']);
  });

  it('neither runs nor unlocks a job whose lock expired before the start, since another replica may hold it', async () => {
    const repository = new ProbeRepository();
    const elected = fakeLeader();
    elected.elect();
    const backend = gateBackend(repository.backend, { leader: elected, leaderOnly: 'all' });
    const agenda = new Agenda({ backend });
    const work = vi.fn<() => void>();
    agenda.define('report', work);
    repository.put('report');
    const now = new Date();
    const farAhead = new Date(now.getTime() + 2 * 3_600_000); // later than the probe's locks, so that they have expired
    const row = await backend.repository.getNextJobToRun('report', now, farAhead, undefined, undefined);
    if (row !== undefined) await new Job(agenda, row, true).run();
    expect(work).not.toHaveBeenCalled();
    expect(repository.calls).toEqual(['take']);
  });
});
