import { describe, expect, it } from 'vitest';
import { decideCatchUp, decideInterrupted, sweepEndMs } from './decide.ts';

const MINUTE_MS = 60_000;
const NOW = 1_000 * MINUTE_MS;
const minutes = (...ago: number[]): number[] => ago.map((minute) => NOW - minute * MINUTE_MS);

describe('sweepEndMs', () => {
  it('leaves alone what its own tick may still claim', () => {
    expect(sweepEndMs(NOW, 0)).toBe(NOW - 5_000);
    expect(sweepEndMs(NOW, 1_500.5)).toBe(NOW - 6_501);
  });
});

describe('decideCatchUp', () => {
  const [newest] = minutes(10);
  const rules = { catchUpWindowMs: 60 * MINUTE_MS, maxCatchUp: 3 } as const;

  it.each([
    { title: 'nothing is missing', catchUp: 'all', missing: [], makeUp: [], gaveUp: undefined },
    { title: "'none' gives up all", catchUp: 'none', missing: [90, 20, 10], makeUp: [], gaveUp: [3, 90, 10] },
    {
      title: "'latest' makes up the newest",
      catchUp: 'latest',
      missing: [90, 20, 10],
      makeUp: [10],
      gaveUp: [2, 90, 20],
    },
    {
      title: "'latest' makes nothing up if the newest slot has a claim",
      catchUp: 'latest',
      missing: [30, 20],
      makeUp: [],
      gaveUp: [2, 30, 20],
    },
    {
      title: "'all' makes up all, oldest first",
      catchUp: 'all',
      missing: [30, 10],
      makeUp: [30, 10],
      gaveUp: undefined,
    },
    {
      title: "'all' gives up more than maxCatchUp, the oldest",
      catchUp: 'all',
      missing: [50, 40, 30, 20, 10],
      makeUp: [30, 20, 10],
      gaveUp: [2, 50, 40],
    },
    {
      title: "'all' gives up what is older than the window",
      catchUp: 'all',
      missing: [90, 10],
      makeUp: [10],
      gaveUp: [1, 90, 90],
    },
  ] as const)('$title', ({ catchUp, missing, makeUp, gaveUp }) => {
    const decision = decideCatchUp({ ...rules, catchUp }, NOW, newest, minutes(...missing));
    expect(decision.makeUp).toEqual(minutes(...makeUp));
    const [count, from = 0, to = 0] = gaveUp ?? [];
    const [fromMs, toMs] = minutes(from, to);
    expect(decision.giveUp).toEqual(count === undefined ? undefined : { count, fromMs, toMs });
  });

  it('gives up a newest slot that is older than the window', () => {
    const [old = 0] = minutes(90);
    const { makeUp, giveUp } = decideCatchUp({ ...rules, catchUp: 'latest' }, NOW, old, [old]);
    expect(makeUp).toEqual([]);
    expect(giveUp).toEqual({ count: 1, fromMs: old, toMs: old });
  });
});

describe('decideInterrupted', () => {
  const rules = { maxAttempts: 3, catchUpWindowMs: 60 * MINUTE_MS };

  it.each([
    { interrupted: 'leave', attempt: 1, minutesAgo: 10, decision: 'leave' },
    { interrupted: 'rerun', attempt: 1, minutesAgo: 10, decision: 'rerun' },
    { interrupted: 'rerun', attempt: 2, minutesAgo: 10, decision: 'rerun' },
    { interrupted: 'rerun', attempt: 3, minutesAgo: 10, decision: 'abandon' },
    { interrupted: 'rerun', attempt: 1, minutesAgo: 60, decision: 'abandon' },
  ] as const)(
    "decides '$decision' under '$interrupted' after attempt $attempt of $minutesAgo minutes ago",
    ({ interrupted, attempt, minutesAgo, decision }) => {
      const slot = new Date(NOW - minutesAgo * MINUTE_MS);
      expect(decideInterrupted({ ...rules, interrupted }, NOW, { attempt, slot })).toBe(decision);
    },
  );
});
