import { describe, expect, test } from 'vitest';
import { mayTake, observe } from './observed-lock.ts';

const timing = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 };
const content = { holder: 'pod-1', renewTime: '2026-11-25T15:54:12Z', transitions: 1 };

describe('observe', () => {
  test('keeps the time at which the present content was first seen', () => {
    const known = { content, atMs: 100 };
    expect(observe(known, { ...content }, 900)).toBe(known);
  });

  test('counts from now after a change, even if the holder is the same', () => {
    const renewed = { ...content, renewTime: '2026-11-25T15:54:15Z' };
    expect(observe({ content, atMs: 100 }, renewed, 900)).toEqual({ content: renewed, atMs: 900 });
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
    expect(mayTake({ content: { ...content, holder }, atMs: 500 }, 'pod-2', 500 + ageMs, timing)).toBe(expected);
  });
});
