import { describe, expect, test } from 'vitest';
import { resolveOptions } from './election-options.ts';
import { startElection } from './election.ts';

describe('the defaults', () => {
  test('are three pods, ten seconds and the old leader-elector, in the process of the caller', () => {
    expect(resolveOptions({})).toEqual({
      names: ['pod-1', 'pod-2', 'pod-3'],
      timing: { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 },
      dialect: 'leader-elector',
      processes: false,
    });
  });

  test('scale with the lease', () => {
    const timing = { leaseDurationMs: 800, renewDeadlineMs: 400, retryPeriodMs: 200 };
    expect(resolveOptions({ leaseDurationMs: 800 }).timing).toEqual(timing);
  });

  test('leave the names alone that were given', () => {
    expect(resolveOptions({ candidates: ['a', 'b'] }).names).toEqual(['a', 'b']);
  });
});

describe('an impossible setting is refused, naming option, value and rule', () => {
  test.each([
    [{ leaseDurationMs: 5_000, renewDeadlineMs: 5_000 }, /leaseDurationMs is 5000: .* greater than renewDeadlineMs/],
    [{ renewDeadlineMs: 3_000 }, /renewDeadlineMs is 3000: .* greater than retryPeriodMs x 1\.2, .* 2500/],
    [{ leaseDurationMs: 0 }, /leaseDurationMs is 0: .* positive, finite/],
    [{ renewDeadlineMs: -1 }, /renewDeadlineMs is -1: .* positive, finite/],
    [{ retryPeriodMs: Number.NaN }, /retryPeriodMs is NaN: .* positive, finite/],
    [{ leaseDurationMs: Number.POSITIVE_INFINITY }, /leaseDurationMs is Infinity: .* positive, finite/],
    [{ leaseDurationMs: '10s' }, /leaseDurationMs is "10s": .* number of milliseconds/],
    [{ candidatez: 3 }, /candidatez is no option: there are candidates, /],
    [{ dialect: 'etcd' }, /dialect is "etcd": .* one of "leader-elector"/],
    [{ processes: 'yes' }, /processes is "yes": .* boolean/],
    [{ candidates: 0 }, /candidates is 0: .* whole number from 1/],
    [{ candidates: 1.5 }, /candidates is 1\.5: .* whole number from 1/],
    [{ candidates: 'pod-1' }, /candidates is "pod-1": .* number or a list of names/],
    [{ candidates: [] }, /candidates is \[\]: .* at least one name/],
    [{ candidates: ['a', ''] }, /candidates\[1\] is "": .* not be empty/],
    [{ candidates: ['a', 7] }, /candidates\[1\] is 7: .* string/],
    [{ candidates: ['a', 'b', 'a'] }, /candidates\[2\] is "a": names must be unique/],
  ])('%j', async (options, message) => {
    // @ts-expect-error what a caller without types may pass
    await expect(startElection(options)).rejects.toThrow(message);
  });
});
