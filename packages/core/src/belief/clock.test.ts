import { describe, expect, it } from 'vitest';
import { ageMs, readClock } from './clock.ts';

describe('ageMs', () => {
  const then = { monotonicMs: 1_000, wallMs: 1_000_000 };

  it.each([
    ['both clocks agree', 500, 500, 500],
    ['the machine was suspended, which only the wall clock shows', 500, 60_500, 60_500],
    ['the wall clock was set back', 500, -3_599_500, 500],
    ['no time has passed', 0, 0, 0],
  ])('uses the clock that shows more time if %s', (_case, monotonicMs, wallMs, expected) => {
    const now = { monotonicMs: then.monotonicMs + monotonicMs, wallMs: then.wallMs + wallMs };
    expect(ageMs(then, now)).toBe(expected);
  });
});

describe('readClock', () => {
  it('reads both clocks', () => {
    const before = { monotonicMs: performance.now(), wallMs: Date.now() };
    const { monotonicMs, wallMs } = readClock();
    expect(monotonicMs).toBeGreaterThanOrEqual(before.monotonicMs);
    expect(monotonicMs).toBeLessThanOrEqual(performance.now());
    expect(wallMs).toBeGreaterThanOrEqual(before.wallMs);
  });
});
