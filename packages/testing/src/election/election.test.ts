import { afterEach, expect, test, vi } from 'vitest';
import { startElection } from './election.ts';
import type { Election } from './election.ts';

// For loaded machines.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let election: Election;

afterEach(() => election.close());

test('gives its candidates in order and by name, and refuses unknown ones', async () => {
  election = await startElection({ candidates: ['blue', 'green'] });
  expect(election.candidates.map(({ name }) => name)).toEqual(['blue', 'green']);
  expect(election.candidate('green')).toBe(election.candidates[1]);
  expect(() => election.candidate('red')).toThrow(/'red', .* blue, green/);
  expect(election.timing.leaseDurationMs).toBe(10_000);
});

test('gives each candidate an environment of its own, without a stream if the dialect has none', async () => {
  election = await startElection({ candidates: 2 });
  const [first, second] = election.candidates;
  expect(first?.env).toEqual({ MY_POD_NAME: 'pod-1', ELECTOR_GET_URL: first?.url });
  expect(first?.eventsUrl).toBeUndefined();
  expect(first?.url).not.toBe(second?.url);
});

test('rejects every wait when its signal aborts and on close', async () => {
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

test.each([false, true])(
  'takes the faults of one candidate in the order of their calls, with processes: %s',
  async (processes) => {
    election = await startElection({ candidates: 1, leaseDurationMs: 300, processes });
    const only = election.candidate('pod-1');
    await Promise.all([only.restart(), only.restart(), only.pause(), only.answer('hang')]);
    expect(only.state).toBe('paused');
    await Promise.all([only.answerHonestly(), only.resume(), only.cutOff(), only.heal()]);
    expect(only.state).toBe('running');
    await election.until(() => only.claimsToLead);
    await Promise.all([
      only.kill(),
      expect(only.pause()).rejects.toThrow(/pod-1 is gone/),
      only.restart(),
      only.kill(),
    ]);
    expect(only.state).toBe('ended');
  },
);

test('deletes a pod object and creates it again in the order of the calls', async () => {
  election = await startElection({ candidates: 1, dialect: 'nais', leaseDurationMs: 300 });
  const only = election.candidate('pod-1');
  const restarted = only.restart();
  only.deletePod();
  await restarted;
  await election.until(({ holder }) => holder === undefined);
  await Promise.all([only.leave(), only.restart()]);
  await election.until(() => only.claimsToLead);
  expect(election.holder).toBe('pod-1');
});

test('begins no fault that was still queued when it was closed', async () => {
  election = await startElection({ candidates: 1, leaseDurationMs: 300 });
  const only = election.candidate('pod-1');
  const restarted = only.restart();
  const queued = [only.restart(), only.heal(), only.answer('hang')];
  only.deletePod();
  await Promise.all([
    election.close(),
    restarted.catch(() => {}),
    ...queued.map((fault) => expect(fault).rejects.toThrow(/election was closed/)),
  ]);
  expect(only.state).toBe('ended');
});

test('gives up waiting at the time limit, and says how the election stands', async () => {
  election = await startElection({ candidates: 2, leaseDurationMs: 60_000 });
  const [first, second] = election.candidates;
  await first?.pause();
  await second?.kill();
  const late = {
    code: 'ERR_WAIT_TIMEOUT',
    message: expect.stringMatching(
      / 10 ms\. pod-1 holds the lease; pod-1 is paused and names pod-1, pod-2 is ended\.$/,
    ),
  };
  await Promise.all([
    expect(election.until(() => false, { timeoutMs: 10 })).rejects.toMatchObject(late),
    expect(election.nextHolder({ timeoutMs: 10 })).rejects.toMatchObject(late),
    expect(election.candidate('pod-1').nextClaim({ timeoutMs: 10 })).rejects.toMatchObject(late),
  ]);
});

test.each(['leader-elector', 'leader-elector-head', 'kkosmrli', 'nais'] as const)(
  'loses the API server for every candidate at once, and gets it back (%s)',
  async (dialect) => {
    election = await startElection({ candidates: 2, leaseDurationMs: 300, dialect });
    await election.cutOff('read-only');
    await election.cutOff();
    await Promise.all(election.candidates.map((candidate) => candidate.restart()));
    expect(election.candidates.map(({ claim }) => claim)).toEqual(['', '']);
    await election.heal();
    await election.until(() => election.candidates.every(({ claim }) => claim === election.holder));
  },
);
