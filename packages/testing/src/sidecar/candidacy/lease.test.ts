import { describe, expect, test } from 'vitest';
import { acquireDelayMs, beginRound, beginTry, mayTake, observe, wakeAtMs } from './lease.ts';

const timing = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 };
const lease = { version: 7, holder: 'pod-1', transitions: 1 };

describe('observe', () => {
  test('keeps the time at which the lease was first seen as it is', () => {
    const known = { lease, atMs: 100 };
    expect(observe(known, { ...lease }, 900)).toBe(known);
  });

  test('counts from now once the lease has changed, even if the holder has not', () => {
    const renewed = { ...lease, version: 8 };
    expect(observe({ lease, atMs: 100 }, renewed, 900)).toEqual({ lease: renewed, atMs: 900 });
  });
});

describe('mayTake', () => {
  test.each([
    ['a lease that nobody holds', '', 0, true],
    ['its own lease', 'pod-2', 0, true],
    ["another's that was just renewed", 'pod-1', 0, false],
    ["another's, a moment before it expires", 'pod-1', 9_999, false],
    ["another's that has expired", 'pod-1', 10_000, true],
  ])('%s', (_, holder, ageMs, expected) => {
    expect(mayTake({ lease: { ...lease, holder }, atMs: 500 }, 'pod-2', 500 + ageMs, timing)).toBe(expected);
  });
});

test('tries to acquire come between one and 2.2 retry periods apart', () => {
  expect([0, 0.5, 1].map((random) => acquireDelayMs(timing, random))).toEqual([2_500, 4_000, 5_500]);
});

describe('a round of renewal', () => {
  test('tries after a retry period, and for the last time at the deadline', () => {
    const first = beginRound(0, timing, false);
    expect(wakeAtMs(first)).toBe(2_500);
    const second = beginTry(first, { sleptFromMs: 0, nowMs: 2_501 }, timing, true);
    expect(second.isLast).toBe(false);
    expect(wakeAtMs(second.round)).toBe(5_000);
    expect(beginTry(second.round, { sleptFromMs: 2_502, nowMs: 5_000 }, timing, true).isLast).toBe(true);
  });

  test.each([
    ['a pause, in a program that then starts over', { sleptFromMs: 0, nowMs: 20_000 }, true, false],
    ['a pause, in a program that does not', { sleptFromMs: 0, nowMs: 20_000 }, false, true],
    ['a try that was held up in a black hole', { sleptFromMs: 108_000, nowMs: 108_000 }, true, true],
    ['a timer that came a moment late', { sleptFromMs: 2_499, nowMs: 5_000 }, true, true],
  ])('ends or goes on after %s', (_, waking, pauseRestartsDeadline, isLast) => {
    const round = { nextTryAtMs: waking.sleptFromMs === 2_499 ? 4_999 : 2_500, deadlineAtMs: 5_000 };
    expect(beginTry(round, waking, timing, pauseRestartsDeadline).isLast).toBe(isLast);
  });
});
