import { fakeLeader } from '@cluster-leader/testing';
import type { AgendaBackend } from 'agenda';
import { describe, expect, it } from 'vitest';
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
      wrong: [backend(), { leader, leaderOnly: 'all', maxAgeMs: 2 ** 31 }],
      says: 'maxAgeMs is 2147483648, but it must be a number of milliseconds above 0 and up to 2147483647, 0, or Infinity',
    },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', retryOnLoss: 'no' }],
      says: "retryOnLoss is 'no', but it must be true or false",
    },
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
});
