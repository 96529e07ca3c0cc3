import { expect, it, onTestFinished, vi } from 'vitest';
import { Restarts } from './restarts.ts';

it('restarts at once, then with growing delays, and at once again after a long run', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const restarts = new Restarts();
  const delayMs = (ranForMs: number): number => {
    const diedAtMs = Date.now();
    restarts.plan(ranForMs, () => {});
    vi.runOnlyPendingTimers();
    return Date.now() - diedAtMs;
  };
  expect(Array.from({ length: 8 }, () => delayMs(100))).toEqual([
    0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect([delayMs(60_000), delayMs(100)]).toEqual([0, 1_000]);
  restarts.forget();
  expect([delayMs(100), delayMs(100)]).toEqual([0, 1_000]);
  restarts.plan(100, () => expect.unreachable('it was cancelled'));
  restarts.cancel();
  expect(vi.getTimerCount()).toBe(0);
});
