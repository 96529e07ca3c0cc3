import { fakeLeader } from '@cluster-leader/testing';
import { InMemoryNotificationChannel, type AgendaBackend } from 'agenda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { gateBackend } from './gate-backend.ts';
import { ProbeRepository } from './probe-repository.ts';

const leader = fakeLeader();
const backend = (): AgendaBackend => new ProbeRepository().backend;

/** What a user of JavaScript may hand over. */
function gate(...args: readonly unknown[]): unknown {
  return Reflect.apply(gateBackend, undefined, args);
}

describe('gateBackend', () => {
  it.each([
    { wrong: [undefined, {}], says: 'backend is undefined, but it must be an AgendaBackend, which has connect()' },
    { wrong: [{ connect() {} }, {}], says: 'which has disconnect()' },
    { wrong: [{ connect() {}, disconnect() {} }, {}], says: 'which has repository.getNextJobToRun()' },
    {
      wrong: [{ connect() {}, disconnect() {}, repository: { getNextJobToRun() {}, saveJobState() {} } }, {}],
      says: 'which has repository.unlockJob()',
    },
    { wrong: [backend()], says: 'options is undefined, but it must be an object' },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', only: 1 }],
      says: 'only is 1, but it must be one of the options',
    },
    { wrong: [backend(), { leaderOnly: 'all' }], says: 'leader is undefined, but it must be a ClusterLeader' },
    { wrong: [backend(), { leader: {}, leaderOnly: 'all' }], says: 'which has isLeaderNow()' },
    { wrong: [backend(), { leader }], says: "leaderOnly is undefined, but it must be 'all', a list" },
    { wrong: [backend(), { leader, leaderOnly: [] }], says: 'a list of at least one job name' },
    { wrong: [backend(), { leader, leaderOnly: ['report', 1] }], says: 'a list of at least one job name' },
    { wrong: [backend(), { leader, leaderOnly: 'report' }], says: "leaderOnly is 'report', but it must be 'all'" },
    { wrong: [backend(), { leader, leaderOnly: 'all', maxAgeMs: -1 }], says: 'maxAgeMs is -1' },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', notificationChannel: {} }],
      says: 'notificationChannel is {}, but it must be a NotificationChannel, which has connect()',
    },
  ])('refuses what cannot work: $says', ({ wrong, says }) => {
    expect(() => gate(...wrong)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(says) }),
    );
  });

  it('refuses a backend that is gated already', () => {
    const gated = gateBackend(backend(), { leader, leaderOnly: 'all' });
    expect(() => gateBackend(gated, { leader, leaderOnly: 'all' })).toThrow('it must be one without a gate');
  });

  it('takes nothing where the function does not answer with true or false', async () => {
    const gated = gateBackend(backend(), { leader, leaderOnly: () => Reflect.get({}, 'forgotten') });
    const now = new Date();
    await expect(gated.repository.getNextJobToRun('report', now, now, undefined, undefined)).rejects.toThrow(
      'leaderOnly("report") is undefined, but it must be true or false',
    );
  });

  it('takes no job at all while a listed name is that of none, since a job may go by another, and says so once', async () => {
    const warnings: string[] = [];
    const hear = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    const repository = new ProbeRepository();
    const gated = gateBackend(repository.backend, { leader, leaderOnly: ['repotr'] });
    repository.put('report');
    const now = new Date();
    const next = (name: string) => gated.repository.getNextJobToRun(name, now, now, undefined, undefined);
    expect(await next('report')).toBeUndefined();
    expect(await next('report')).toBeUndefined();
    expect(repository.calls).toEqual([]);
    await vi.waitFor(() =>
      expect(warnings).toEqual([
        expect.stringContaining('leaderOnly names repotr, but the jobs defined here are report.'),
        expect.stringContaining('Give it to gateBackend as notificationChannel instead.'),
      ]),
    );

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
});
