import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Candidate } from './candidate.ts';
import { resolveOptions } from './election-options.ts';
import { untyped } from '../fixtures/untyped.ts';
import { startElection, type Election } from './election.ts';

describe('the defaults', () => {
  test('are three pods, ten seconds and the old leader-elector, in the process of the caller', () => {
    expect(resolveOptions({})).toEqual({
      names: ['pod-1', 'pod-2', 'pod-3'],
      timing: { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 },
      restartDelayMs: 500,
      dialect: 'leader-elector',
      processes: false,
    });
  });

  test('scale with the lease', () => {
    const timing = { leaseDurationMs: 800, renewDeadlineMs: 400, retryPeriodMs: 200 };
    expect(resolveOptions({ leaseDurationMs: 800 }).timing).toEqual(timing);
  });

  test('are the 15, 10 and 2 seconds of kkosmrli, or their proportions', () => {
    const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
    expect(resolveOptions({ dialect: 'kkosmrli' }).timing).toEqual(timing);
    const short = { leaseDurationMs: 750, renewDeadlineMs: 500, retryPeriodMs: 100 };
    expect(resolveOptions({ dialect: 'kkosmrli', leaseDurationMs: 750 }).timing).toEqual(short);
  });

  test('keep the names that were given', () => {
    expect(resolveOptions({ candidates: ['a', 'b'] }).names).toEqual(['a', 'b']);
  });
});

describe('an impossible setting is refused, naming option, value and rule', () => {
  test.each([
    [{ leaseDurationMs: 5_000, renewDeadlineMs: 5_000 }, /leaseDurationMs is 5000, .* greater than renewDeadlineMs/],
    [{ renewDeadlineMs: 3_000 }, /renewDeadlineMs is 3000, .* greater than retryPeriodMs \(2500\) x 1\.2/],
    [{ leaseDurationMs: 0 }, /leaseDurationMs is 0, .* number of milliseconds above 0/],
    [{ renewDeadlineMs: -1 }, /renewDeadlineMs is -1, .* number of milliseconds above 0/],
    [{ retryPeriodMs: Number.NaN }, /retryPeriodMs is NaN, .* number of milliseconds above 0/],
    [{ leaseDurationMs: Number.POSITIVE_INFINITY }, /leaseDurationMs is Infinity, .* number of milliseconds above 0/],
    [{ leaseDurationMs: '10s' }, /leaseDurationMs is '10s', .* number of milliseconds above 0/],
    [{ leaseDurationMs: null }, /leaseDurationMs is null, .* number of milliseconds above 0/],
    [{ restartDelayMs: Number.NaN }, /restartDelayMs is NaN, .* number of milliseconds above 0/],
    [{ candidatez: 3 }, /candidatez is 3, .* candidates, leaseDurationMs, /],
    [{ dialect: 'etcd' }, /dialect is 'etcd', .* one of leader-elector, /],
    [{ dialect: null }, /dialect is null, .* one of leader-elector, /],
    [{ processes: 'yes' }, /processes is 'yes', .* true or false/],
    [{ candidates: 0 }, /candidates is 0, .* whole number from 1/],
    [{ candidates: 1.5 }, /candidates is 1\.5, .* whole number from 1/],
    [{ candidates: Number.NaN }, /candidates is NaN, .* whole number from 1/],
    [{ candidates: null }, /candidates is null, .* whole number from 1/],
    [{ candidates: 'pod-1' }, /candidates is 'pod-1', .* or a list of one name or more/],
    [{ candidates: [] }, /candidates is \[\], .* or a list of one name or more/],
    [{ candidates: ['a', ''] }, /candidates\[1\] is '', .* a name that is not empty/],
    [{ candidates: ['a', 7] }, /candidates\[1\] is 7, .* a name that is not empty/],
    [{ candidates: ['a', 'b', 'a'] }, /candidates\[2\] is 'a', .* occurs once/],
    [null, /options is null, .* an object/],
    ['10s', /options is '10s', .* an object/],
  ])('%j', async (options, message) => {
    // @ts-expect-error what a caller without types may pass
    const starting = startElection(options);
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});

describe('what a control of the election cannot use is refused as well', () => {
  let election: Election;
  beforeAll(async () => {
    election = await startElection({ candidates: 1 });
  });
  afterAll(() => election.close());

  test.each<[string, (election: Election, candidate: Candidate) => unknown, RegExp]>([
    ['an unknown candidate', (all) => all.candidate('red'), /name is 'red', .* pod-1/],
    ['a way to be cut off', async (_, pod) => pod.cutOff(untyped('slow')), /kind is 'slow', .* read-only/],
    ['the same for all', (all) => all.cutOff(untyped('slow')), /kind is 'slow', .* read-only/],
    ['a test that is not a function', (all) => all.until(untyped('pod-1')), /test is 'pod-1', .* function/],
    ['a time limit', (all) => all.until(() => true, { timeoutMs: Number.NaN }), /timeoutMs is NaN/],
    ['another time limit', (all) => all.nextHolder({ timeoutMs: 0 }), /timeoutMs is 0/],
    ['a third', (_, pod) => pod.nextClaim({ timeoutMs: untyped('1s') }), /timeoutMs is '1s'/],
    [
      'an unknown option of a wait',
      (all) => all.nextHolder(untyped({ timeout: 1 })),
      /timeout is 1, .* signal, timeoutMs/,
    ],
    ['a signal', (all) => all.nextHolder({ signal: untyped({}) }), /signal is {}, .* AbortSignal/],
    ['an unknown word for a script', (_, pod) => pod.answer(untyped('vanish')), /script is 'vanish', .* hang/],
    ['no script', (_, pod) => pod.answer(untyped(null)), /script is null, .* hang/],
    ['a script with an unknown member', (_, pod) => pod.answer(untyped({ staus: 500 })), /staus is 500, .* status/],
    ['a status', (_, pod) => pod.answer({ status: 100 }), /status is 100, .* from 200/],
    ['a delay', (_, pod) => pod.answer({ delayMs: -1 }), /delayMs is -1, .* or 0/],
    ['raw bytes that are not a string', (_, pod) => pod.answer(untyped({ raw: 7 })), /raw is 7, .* string/],
  ])('%s', async (_, control, message) => {
    const use = async (): Promise<unknown> => control(election, election.candidate('pod-1'));
    await expect(use()).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});
