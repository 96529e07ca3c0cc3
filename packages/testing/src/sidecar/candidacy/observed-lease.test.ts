import { describe, expect, test } from 'vitest';
import { mayTake, observe } from './observed-lease.ts';

const timing = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 };
const lease = { version: 7, holder: 'pod-1', transitions: 1 };

describe('observe', () => {
  test('keeps the time at which the present version was first seen', () => {
    const known = { lease, atMs: 100 };
    expect(observe(known, { ...lease }, 900)).toBe(known);
  });

  test('counts from now after a change, even if the holder is the same', () => {
    const renewed = { ...lease, version: 8 };
    expect(observe({ lease, atMs: 100 }, renewed, 900)).toEqual({ lease: renewed, atMs: 900 });
  });
});

describe('mayTake', () => {
  test.each([
    ['a lease without a holder', '', 0, true],
    ['its own lease', 'pod-2', 0, true],
    ["another candidate's lease that was just renewed", 'pod-1', 0, false],
    ["another candidate's lease just before it expires", 'pod-1', 9_999, false],
    ["another candidate's lease that has expired", 'pod-1', 10_000, true],
  ])('%s', (_, holder, ageMs, expected) => {
    expect(mayTake({ lease: { ...lease, holder }, atMs: 500 }, 'pod-2', 500 + ageMs, timing)).toBe(expected);
  });
});
