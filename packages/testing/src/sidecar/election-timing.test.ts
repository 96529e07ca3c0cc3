import { expect, test } from 'vitest';
import { acquireDelayMs } from './election-timing.ts';

test('tries to acquire are between 1 and 2.2 retry periods apart', () => {
  const timing = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 };
  expect([0, 0.5, 1].map((random) => acquireDelayMs(timing, random))).toEqual([2_500, 4_000, 5_500]);
});
