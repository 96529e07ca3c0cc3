import { fakeLeader } from '@cluster-leader/testing';
import type { AgendaBackend } from 'agenda';
import { describe, expect, it } from 'vitest';
import { gateBackend } from './gate-backend.ts';
import { ProbeRepository } from '../compatibility/probe-repository.ts';

const leader = fakeLeader();
const backend = (): AgendaBackend => new ProbeRepository().backend;

/** Calls gateBackend without type checks, as JavaScript can. */
function gate(...args: readonly unknown[]): unknown {
  return Reflect.apply(gateBackend, undefined, args);
}

describe('gateBackend', () => {
  it.each([
    { wrong: [undefined, {}], message: 'backend is undefined, but it must be an AgendaBackend, which has connect()' },
    { wrong: [{ connect() {} }, {}], message: 'which has disconnect()' },
    { wrong: [{ connect() {}, disconnect() {} }, {}], message: 'which has repository.getNextJobToRun()' },
    {
      wrong: [{ connect() {}, disconnect() {}, repository: { getNextJobToRun() {}, saveJobState() {} } }, {}],
      message: 'which has repository.unlockJob()',
    },
    { wrong: [backend()], message: 'options is undefined, but it must be an object' },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', only: 1 }],
      message: 'only is 1, but it must be one of the options',
    },
    { wrong: [backend(), { leaderOnly: 'all' }], message: 'leader is undefined, but it must be a ClusterLeader' },
    { wrong: [backend(), { leader: {}, leaderOnly: 'all' }], message: 'which has isLeaderNow()' },
    { wrong: [backend(), { leader }], message: "leaderOnly is undefined, but it must be 'all', a list" },
    { wrong: [backend(), { leader, leaderOnly: [] }], message: 'a list of at least one job name' },
    { wrong: [backend(), { leader, leaderOnly: ['report', 1] }], message: 'a list of at least one job name' },
    { wrong: [backend(), { leader, leaderOnly: 'report' }], message: "leaderOnly is 'report', but it must be 'all'" },
    { wrong: [backend(), { leader, leaderOnly: 'all', maxAgeMs: -1 }], message: 'maxAgeMs is -1' },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', maxAgeMs: 2 ** 31 }],
      message:
        'maxAgeMs is 2147483648, but it must be a number of milliseconds above 0 and up to 2147483647, 0, or Infinity',
    },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', retryOnLoss: 'no' }],
      message: "retryOnLoss is 'no', but it must be true or false",
    },
    {
      wrong: [backend(), { leader, leaderOnly: 'all', notificationChannel: {} }],
      message: 'notificationChannel is {}, but it must be a NotificationChannel, which has connect()',
    },
  ])('throws for options that cannot work: $message', ({ wrong, message }) => {
    expect(() => gate(...wrong)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('throws for a backend that already has a gate', () => {
    const gated = gateBackend(backend(), { leader, leaderOnly: 'all' });
    expect(() => gateBackend(gated, { leader, leaderOnly: 'all' })).toThrow('it must be one without a gate');
  });

  it('rejects and takes nothing if the leaderOnly function does not return a boolean', async () => {
    const gated = gateBackend(backend(), { leader, leaderOnly: () => Reflect.get({}, 'forgotten') });
    const now = new Date();
    await expect(gated.repository.getNextJobToRun('report', now, now, undefined, undefined)).rejects.toThrow(
      'leaderOnly("report") is undefined, but it must be true or false',
    );
  });
});
