import { fakeLeader } from '@cluster-leader/testing';
import { Agenda, InMemoryNotificationChannel, Job } from 'agenda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { gateBackend } from './gate-backend.ts';
import { overlay } from './overlay.ts';
import { ProbeRepository } from './probe-repository.ts';

const leader = fakeLeader();

// What real databases show is in test/agenda.
describe('A gated queue', () => {
  it('leaves all jobs to the leader while a listed name is that of none, since any may be meant, and says so once', async () => {
    const warnings: string[] = [];
    const hear = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
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
    // Once it is defined it is clear which one is meant.
    expect(await Promise.all([next('report'), next('repotr')])).toMatchObject([{ name: 'report' }, undefined]);
  });

  it('takes nothing for an Agenda that has stopped in the midst of a scan, which would lock jobs for nobody', async () => {
    const repository = new ProbeRepository();
    const notificationChannel = new InMemoryNotificationChannel();
    const gated = gateBackend(repository.backend, { leader, leaderOnly: () => false, notificationChannel });
    repository.put('report');
    const now = new Date();
    const next = () => gated.repository.getNextJobToRun('report', now, now, undefined, undefined);
    gated.notificationChannel?.subscribe(() => {})();
    expect(await next()).toBeUndefined();
    expect(repository.calls).toEqual([]);

    const restarted = next(); // a new Agenda scans first, and then listens
    gated.notificationChannel?.subscribe(() => {});
    expect(await restarted).toMatchObject({ name: 'report' });
  });

  it('tells nobody of a job that Agenda unlocks because it may hold no more, as Agenda does not', async () => {
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

  it('does not free a job that it got so late that its lock has expired, since another replica may have it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const repository = new ProbeRepository();
    const elected = fakeLeader();
    elected.elect();
    const [lockLifetimeMs, lockedAt] = [60_000, new Date()];
    const slow = overlay(repository.backend.repository, {
      async getNextJobToRun() {
        const row = await repository.getNextJobToRun();
        vi.setSystemTime(lockedAt.getTime() + lockLifetimeMs); // the process was stopped for as long
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

  it('neither runs nor frees a job whose lock has expired before it began, since another replica may have it', async () => {
    const repository = new ProbeRepository();
    const elected = fakeLeader();
    elected.elect();
    const backend = gateBackend(repository.backend, { leader: elected, leaderOnly: 'all' });
    const agenda = new Agenda({ backend });
    const work = vi.fn<() => void>();
    agenda.define('report', work);
    repository.put('report');
    const now = new Date();
    const farAhead = new Date(now.getTime() + 2 * 3_600_000); // later than the probe's locks, which have expired so
    const row = await backend.repository.getNextJobToRun('report', now, farAhead, undefined, undefined);
    if (row !== undefined) await new Job(agenda, row, true).run();
    expect(work).not.toHaveBeenCalled();
    expect(repository.calls).toEqual(['take']);
  });
});
