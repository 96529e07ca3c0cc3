import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untyped } from '../fixtures/untyped.ts';
import type { Candidate } from './candidate.ts';
import type { Election } from './election.ts';
import { resolveOptions } from './election-options.ts';
import { startElection } from './start-election.ts';

describe('the defaults', () => {
  test("are three pods, a lease of ten seconds and the old leader-elector, in the caller's process", () => {
    expect(resolveOptions({})).toEqual({
      names: ['pod-1', 'pod-2', 'pod-3'],
      timing: { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 },
      restartDelayMs: 500,
      dialect: 'leader-elector',
      processes: false,
    });
  });

  test('scale with the lease duration', () => {
    const timing = { leaseDurationMs: 800, renewDeadlineMs: 400, retryPeriodMs: 200 };
    expect(resolveOptions({ leaseDurationMs: 800 }).timing).toEqual(timing);
  });

  test('are 15, 10 and 2 seconds for kkosmrli, and scale with the lease duration', () => {
    const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
    expect(resolveOptions({ dialect: 'kkosmrli' }).timing).toEqual(timing);
    const short = { leaseDurationMs: 750, renewDeadlineMs: 500, retryPeriodMs: 100 };
    expect(resolveOptions({ dialect: 'kkosmrli', leaseDurationMs: 750 }).timing).toEqual(short);
  });

  test('do not replace names of candidates', () => {
    expect(resolveOptions({ candidates: ['a', 'b'] }).names).toEqual(['a', 'b']);
  });
});

describe('rejects an impossible option with a message that names option, value and rule', () => {
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
    [{ candidates: 'pod-1' }, /candidates is 'pod-1', .* or a list of one or more names/],
    [{ candidates: [] }, /candidates is \[\], .* or a list of one or more names/],
    [{ candidates: ['a', ''] }, /candidates\[1\] is '', .* a non-empty name/],
    [{ candidates: ['a', 7] }, /candidates\[1\] is 7, .* a non-empty name/],
    [{ candidates: ['a', 'b', 'a'] }, /candidates\[2\] is 'a', .* occurs once/],
    [null, /options is null, .* an object/],
    ['10s', /options is '10s', .* an object/],
  ])('%j', async (options, message) => {
    const starting = startElection(untyped(options));
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});

describe('rejects an impossible argument of a control:', () => {
  let election: Election;
  beforeAll(async () => {
    election = await startElection({ candidates: 1 });
  });
  afterAll(() => election.close());

  test.each<[string, (election: Election, candidate: Candidate) => unknown, RegExp]>([
    ['the name of no candidate', (all) => all.candidate('red'), /name is 'red', .* pod-1/],
    [
      'an unknown way to cut off a candidate',
      async (_, pod) => pod.cutOff(untyped('vanish')),
      /kind is 'vanish', .* read-only/,
    ],
    [
      'an unknown way to cut off all candidates',
      (all) => all.cutOff(untyped('vanish')),
      /kind is 'vanish', .* read-only/,
    ],
    [
      'an unknown container to cut off',
      async (_, pod) => pod.cutOff(untyped('pod'), 'reset'),
      /target is 'pod', .* both/,
    ],
    [
      'an unknown way to cut off a container',
      async (_, pod) => pod.cutOff('app', untyped('vanish')),
      /kind is 'vanish'/,
    ],
    ['a condition that is not a function', (all) => all.until(untyped('pod-1')), /test is 'pod-1', .* function/],
    ['a time limit of NaN', (all) => all.until(() => true, { timeoutMs: Number.NaN }), /timeoutMs is NaN/],
    ['a time limit of 0', (all) => all.nextHolder({ timeoutMs: 0 }), /timeoutMs is 0/],
    ['a time limit that is a string', (_, pod) => pod.nextClaim({ timeoutMs: untyped('1s') }), /timeoutMs is '1s'/],
    [
      'a misspelt option of a wait',
      (all) => all.nextHolder(untyped({ timeout: 1 })),
      /timeout is 1, .* signal, timeoutMs/,
    ],
    [
      'a signal that is not an AbortSignal',
      (all) => all.nextHolder({ signal: untyped({}) }),
      /signal is {}, .* AbortSignal/,
    ],
    ['an unknown script', (_, pod) => pod.answer(untyped('vanish')), /script is 'vanish', .* hang/],
    ['null as a script', (_, pod) => pod.answer(untyped(null)), /script is null, .* hang/],
    ['a misspelt member of a script', (_, pod) => pod.answer(untyped({ staus: 500 })), /staus is 500, .* status/],
    ['a status that is not final', (_, pod) => pod.answer({ status: 100 }), /status is 100, .* from 200/],
    ['a negative delay', (_, pod) => pod.answer({ delayMs: -1 }), /delayMs is -1, .* or 0/],
    ['raw bytes that are not a string', (_, pod) => pod.answer(untyped({ raw: 7 })), /raw is 7, .* string/],
  ])('%s', async (_, control, message) => {
    const use = async (): Promise<unknown> => control(election, election.candidate('pod-1'));
    await expect(use()).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});
