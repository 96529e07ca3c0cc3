import { afterEach, expect, test, vi } from 'vitest';
import { CUT_OFFS } from '../api-server/cut-off-kind.ts';
import { DIALECTS } from '../sidecar/dialect.ts';
import type { Election } from './election.ts';
import { startElection } from './start-election.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let election: Election;

afterEach(() => election.close());

test('returns its candidates in order and by name, and throws for an unknown name', async () => {
  election = await startElection({ candidates: ['blue', 'green'] });
  expect(election.candidates.map(({ name }) => name)).toEqual(['blue', 'green']);
  expect(election.candidate('green')).toBe(election.candidates[1]);
  expect(() => election.candidate('red')).toThrow(/'red', .* blue, green/);
  expect(election.timing.leaseDurationMs).toBe(10_000);
});

test('gives each candidate its own environment, without a stream if the dialect has none', async () => {
  election = await startElection({ candidates: 2 });
  const [first, second] = election.candidates;
  expect(first?.env).toEqual({
    MY_POD_NAME: 'pod-1',
    MY_POD_NAMESPACE: 'default',
    MY_POD_UID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    ELECTOR_GET_URL: first?.url,
    CLUSTER_LEADER_LOCK: 'endpoints/my-app',
    CLUSTER_LEADER_API_SERVER: first?.apiUrl,
  });
  expect(first?.eventsUrl).toBeUndefined();
  expect(first?.url).not.toBe(second?.url);
});

test('rejects a wait when its signal aborts, and every wait on close', async () => {
  election = await startElection({ candidates: 1 });
  const giveUp = new AbortController();
  const given = election.nextHolder({ signal: giveUp.signal });
  const closed = election.until(() => false);
  giveUp.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await Promise.all([election.close(), expect(closed).rejects.toThrow(/election was closed/)]);
  await expect(election.nextHolder()).rejects.toThrow(/election was closed/);
});

test('rejects a wait if its condition throws', async () => {
  election = await startElection({ candidates: 1 });
  let calls = 0;
  const wait = election.until(() => {
    calls += 1;
    if (calls > 1) throw new Error('no such thing');
    return false;
  });
  await Promise.all([election.candidate('pod-1').kill(), expect(wait).rejects.toThrow('no such thing')]);
});

test('ends every sidecar on close, and restarts none afterwards', async () => {
  election = await startElection({ candidates: 2, leaseDurationMs: 300 });
  const [first] = election.candidates;
  await first?.pause();
  await election.close();
  await election[Symbol.asyncDispose]();
  expect(election.candidates.map(({ state }) => state)).toEqual(['ended', 'ended']);
  await expect(first?.restart()).rejects.toThrow(/election was closed/);
});

test('restarts a paused sidecar, which then runs', async () => {
  election = await startElection({ candidates: 1, leaseDurationMs: 300 });
  const only = election.candidate('pod-1');
  await only.pause();
  await only.restart();
  await election.until(() => only.claimsToLead);
  expect(only.state).toBe('running');
});

test.each([false, true])(
  'runs the faults of one candidate in the order of their calls, with processes: %s',
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

test('deletes and creates a pod object in the order of the calls', async () => {
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

test('does not run faults that are queued when it is closed', async () => {
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

test('rejects a wait at the time limit with a message that describes the election', async () => {
  election = await startElection({ candidates: 2, leaseDurationMs: 60_000 });
  const [first, second] = election.candidates;
  await first?.pause();
  await second?.kill();
  const late = {
    code: 'ERR_WAIT_TIMEOUT',
    message: expect.stringMatching(
      / 10 ms\. pod-1 holds the lease; pod-1 is paused and names pod-1, pod-2 is ended\. See docs\/errors\/ERR_WAIT_TIMEOUT\.md$/,
    ),
  };
  await Promise.all([
    expect(election.until(() => false, { timeoutMs: 10 })).rejects.toMatchObject(late),
    expect(election.nextHolder({ timeoutMs: 10 })).rejects.toMatchObject(late),
    expect(election.candidate('pod-1').nextClaim({ timeoutMs: 10 })).rejects.toMatchObject(late),
  ]);
});

test.each(DIALECTS)('cuts all candidates off from the API server at once, and heals them (%s)', async (dialect) => {
  election = await startElection({ candidates: 2, leaseDurationMs: 300, dialect });
  for (const kind of CUT_OFFS) await election.cutOff('both', kind);
  await election.cutOff();
  await Promise.all(election.candidates.map((candidate) => candidate.restart()));
  expect(election.candidates.map(({ claim }) => claim)).toEqual(['', '']);
  await election.heal();
  await election.until(() => election.candidates.every(({ claim }) => claim === election.holder));
});
