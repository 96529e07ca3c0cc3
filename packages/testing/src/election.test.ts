import { afterEach, expect, test } from 'vitest';
import { startElection } from './election.ts';
import type { Election } from './election.ts';

let election: Election;

afterEach(() => election.close());

test('gives its candidates in order and by name, and refuses unknown ones', async () => {
  election = await startElection({ candidates: ['blue', 'green'] });
  expect(election.candidates.map(({ name }) => name)).toEqual(['blue', 'green']);
  expect(election.candidate('green')).toBe(election.candidates[1]);
  expect(() => election.candidate('red')).toThrow(/"red": there are blue, green/);
  expect(election.timing.leaseDurationMs).toBe(10_000);
});

test('gives each candidate an environment of its own, without a stream where there is none', async () => {
  election = await startElection({ candidates: 2 });
  const [first, second] = election.candidates;
  expect(first?.env).toEqual({ MY_POD_NAME: 'pod-1', ELECTOR_GET_URL: first?.url });
  expect(first?.eventsUrl).toBeUndefined();
  expect(first?.url).not.toBe(second?.url);
});

test('lets go of whoever waits, by the signal and on close', async () => {
  election = await startElection({ candidates: 1 });
  const giveUp = new AbortController();
  const given = election.nextHolder({ signal: giveUp.signal });
  const closed = election.until(() => false);
  giveUp.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await Promise.all([election.close(), expect(closed).rejects.toThrow(/election was closed/)]);
  await expect(election.nextHolder()).rejects.toThrow(/election was closed/);
});

test('rejects a wait whose condition throws', async () => {
  election = await startElection({ candidates: 1 });
  let looks = 0;
  const wait = election.until(() => {
    looks += 1;
    if (looks > 1) throw new Error('no such thing');
    return false;
  });
  await Promise.all([election.candidate('pod-1').kill(), expect(wait).rejects.toThrow('no such thing')]);
});

test('leaves nothing behind after close, and starts nothing again', async () => {
  election = await startElection({ candidates: 2, leaseDurationMs: 300 });
  const [first] = election.candidates;
  await first?.pause();
  await election.close();
  await election[Symbol.asyncDispose]();
  expect(election.candidates.map(({ state }) => state)).toEqual(['ended', 'ended']);
  await expect(first?.restart()).rejects.toThrow(/election was closed/);
});

test('restarts a paused sidecar as a running one', async () => {
  election = await startElection({ candidates: 1, leaseDurationMs: 300 });
  const only = election.candidate('pod-1');
  await only.pause();
  await only.restart();
  await election.until(() => only.claimsToLead);
  expect(only.state).toBe('running');
});
