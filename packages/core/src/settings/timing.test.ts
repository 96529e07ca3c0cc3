import { describe, expect, it } from 'vitest';
import { parseDuration, requireDuration, resolveTiming, type Timing } from './timing.ts';

type Options = Parameters<typeof resolveTiming>[0];

describe('resolveTiming', () => {
  it.each<[options: Options, timing: Timing]>([
    [
      {},
      {
        leaseDurationMs: 10_000,
        maxAgeMs: 3_000,
        settleMs: 10_000,
        pollIntervalMs: 750,
        requestTimeoutMs: 375,
        checkTimeoutMs: 1_500,
      },
    ],
    [
      { leaseDurationMs: 15_000 },
      {
        leaseDurationMs: 15_000,
        maxAgeMs: 3_000,
        settleMs: 15_000,
        pollIntervalMs: 750,
        requestTimeoutMs: 375,
        checkTimeoutMs: 1_500,
      },
    ],
    [
      { leaseDurationMs: 1_000 },
      {
        leaseDurationMs: 1_000,
        maxAgeMs: 400,
        settleMs: 1_000,
        pollIntervalMs: 100,
        requestTimeoutMs: 50,
        checkTimeoutMs: 200,
      },
    ],
  ])('derives every time from the lease: %j', (options, timing) => {
    expect(resolveTiming(options)).toEqual(timing);
  });

  it('derives settings that do not contradict each other, whatever the lease', () => {
    for (let leaseDurationMs = 100; leaseDurationMs < 100_000; leaseDurationMs = Math.ceil(leaseDurationMs * 1.07)) {
      const timing = resolveTiming({ leaseDurationMs });
      expect(timing.maxAgeMs).toBeLessThanOrEqual(0.5 * leaseDurationMs);
      expect(3 * timing.pollIntervalMs).toBeLessThanOrEqual(timing.maxAgeMs);
      expect(timing.checkTimeoutMs).toBeLessThan(timing.maxAgeMs);
      expect(timing.requestTimeoutMs).toBeLessThanOrEqual(timing.checkTimeoutMs);
    }
  });

  it.each<Options>([
    { maxAgeMs: 5_000 },
    { pollIntervalMs: 1_000 },
    { checkTimeoutMs: 2_999 },
    { requestTimeoutMs: 1_500 },
    { settleMs: 0 },
    { settleMs: 60_000 },
    { maxAgeMs: 300, leaseDurationMs: 600 },
  ])('accepts a setting at its bound: %j', (options) => {
    expect(resolveTiming(options)).toMatchObject(options);
  });

  it.each<[options: Options, option: string, rule: string]>([
    [{ maxAgeMs: 5_001 }, 'maxAgeMs is 5001', 'at most half of leaseDurationMs (10000)'],
    [{ leaseDurationMs: 7_999, maxAgeMs: 4_000 }, 'maxAgeMs is 4000', 'at most half of leaseDurationMs (7999)'],
    [{ pollIntervalMs: 1_001 }, 'pollIntervalMs is 1001', 'at most a third of maxAgeMs (3000)'],
    [{ pollIntervalMs: 0.001 }, 'pollIntervalMs is 0.001', 'at least 5'],
    [{ leaseDurationMs: 15 }, 'leaseDurationMs is 15', 'at least 100: it counts milliseconds'],
    [{ maxAgeMs: JSON.parse('null') }, 'maxAgeMs is null', 'a number of milliseconds'],
    [{ maxAgeMs: 900, pollIntervalMs: 301 }, 'pollIntervalMs is 301', 'at most a third of maxAgeMs (900)'],
    [{ checkTimeoutMs: 3_000 }, 'checkTimeoutMs is 3000', 'below maxAgeMs (3000)'],
    [{ requestTimeoutMs: 1_501 }, 'requestTimeoutMs is 1501', 'at most checkTimeoutMs (1500)'],
  ])('refuses settings that contradict each other: %j', (options, option, rule) => {
    expect(() => resolveTiming(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    expect(() => resolveTiming(options)).toThrow(option);
    expect(() => resolveTiming(options)).toThrow(rule);
  });
});

describe('requireDuration', () => {
  it.each([0.5, 1, 2 ** 31 - 1])('accepts a delay that a timer accepts: %d', (value) => {
    expect(requireDuration('pollIntervalMs', value)).toBe(value);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1000', null, undefined, 10n, new Date(5)])(
    'refuses what a timer cannot hold: %s',
    (value) => {
      expect(() => requireDuration('pollIntervalMs', value)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining('pollIntervalMs is') }),
      );
    },
  );
});

describe('parseDuration', () => {
  it.each([
    ['15s', 15_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5s', 1_500],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration('$CLUSTER_LEADER_LEASE', text)).toBe(ms);
  });

  it.each(['15', '0s', '-1s', 's', '15 s', '15h', '1e3s', '99999m', ''])('refuses %o', (text) => {
    expect(() => parseDuration('$CLUSTER_LEADER_LEASE', text)).toThrow(
      /\$CLUSTER_LEADER_LEASE is '.*', but it must be a time/,
    );
  });
});
