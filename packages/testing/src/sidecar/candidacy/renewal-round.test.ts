import { expect, test } from 'vitest';
import { beginRound, beginTry, wakeAtMs } from './renewal-round.ts';

const timing = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 };

test('a round of renewal tries after a retry period, and for the last time at the deadline', () => {
  const first = beginRound(0, timing, false);
  expect(wakeAtMs(first)).toBe(2_500);
  const second = beginTry(first, { sleptFromMs: 0, nowMs: 2_501 }, timing, true);
  expect(second.isLast).toBe(false);
  expect(wakeAtMs(second.round)).toBe(5_000);
  expect(beginTry(second.round, { sleptFromMs: 2_502, nowMs: 5_000 }, timing, true).isLast).toBe(true);
});

test.each([
  ['not the last after a pause, if a pause restarts the deadline', { sleptFromMs: 0, nowMs: 20_000 }, true, false],
  ['the last after a pause, if a pause does not restart the deadline', { sleptFromMs: 0, nowMs: 20_000 }, false, true],
  ['the last after a try that hung in a black hole', { sleptFromMs: 108_000, nowMs: 108_000 }, true, true],
  ['the last after a timer that fired slightly late', { sleptFromMs: 2_499, nowMs: 5_000 }, true, true],
])('a try past the deadline is %s', (_, waking, pauseRestartsDeadline, isLast) => {
  const round = { nextTryAtMs: waking.sleptFromMs === 2_499 ? 4_999 : 2_500, deadlineAtMs: 5_000 };
  expect(beginTry(round, waking, timing, pauseRestartsDeadline).isLast).toBe(isLast);
});
