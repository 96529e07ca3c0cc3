import { describe, expect, test } from 'vitest';
import { claimed, released, timeText } from './next-content.ts';

const now = new Date('2026-11-25T15:54:12.724Z');
const timing = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 };
const endpoints = { usualLeaseMs: 10_000, isLease: false, forgetsTransitions: true };
const lease = { usualLeaseMs: 10_000, isLease: true, forgetsTransitions: false };

describe('timeText', () => {
  test.each([
    ['microseconds in a Lease', 10_000, lease, '2026-11-25T15:54:12.724000Z'],
    ['whole seconds in an annotation', 10_000, endpoints, '2026-11-25T15:54:12Z'],
    ['whole seconds for a lease longer than usual', 60_000, endpoints, '2026-11-25T15:54:12Z'],
    ['tenths of a lease of one second', 1_000, endpoints, '2026-11-25T15:54:12.700Z'],
    ['milliseconds for the shortest lease', 1, endpoints, '2026-11-25T15:54:12.724Z'],
  ])('has %s', (_, leaseDurationMs, habits, expected) => {
    expect(timeText(now, { ...timing, leaseDurationMs }, habits)).toBe(expected);
  });
});

describe('claimed', () => {
  const acquireTime = '2026-11-25T15:53:34Z';
  const time = '2026-11-25T15:54:12Z';
  const microTime = '2026-11-25T15:54:12.724000Z';

  test.each([
    ['creates a lock', undefined, endpoints, { acquireTime: time, transitions: 0 }],
    ['takes a lock over', { holder: 'pod-1', transitions: 3 }, lease, { acquireTime: microTime, transitions: 4 }],
    ['takes a released lock', { holder: '', transitions: 3 }, lease, { acquireTime: microTime, transitions: 4 }],
    ['renews a lock', { holder: 'pod-2', acquireTime, transitions: 3 }, lease, { acquireTime, transitions: 3 }],
    [
      'renews a lock and forgets its transitions',
      { holder: 'pod-2', acquireTime, transitions: 1 },
      endpoints,
      { acquireTime, transitions: 0 },
    ],
  ])('%s', (_, known, habits, expected) => {
    const renewTime = habits.isLease ? microTime : time;
    const written = { holder: 'pod-2', leaseDurationSeconds: 10, renewTime };
    expect(claimed(known, 'pod-2', now, timing, habits)).toEqual({ ...written, ...expected });
  });
});

test('released names nobody, for one second of a usual lease, and keeps the transitions', () => {
  const known = { holder: 'pod-2', leaseDurationSeconds: 10, transitions: 1 };
  const time = '2026-11-25T15:54:12.724000Z';
  const expected = { holder: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time, transitions: 1 };
  expect(released(known, now, timing, lease)).toEqual(expected);
});
