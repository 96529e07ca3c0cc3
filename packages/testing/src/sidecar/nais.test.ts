import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let election: Election;

beforeEach(async () => {
  election = await startElection({ dialect: 'nais', leaseDurationMs: 400 });
});

afterEach(() => election.close());

/** Yields the parsed events of a stream as they arrive. */
async function* eventsOf(url: string | undefined, signal: AbortSignal): AsyncGenerator<unknown, void> {
  const response = await fetch(url ?? '', { signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      expect(text).toMatch(/^data: /);
      yield JSON.parse(text.slice('data: '.length, end));
      text = text.slice(end + 2);
    }
  }
}

test('answers JSON with the time of the last change of leader', async () => {
  const { text } = await exchange(election.candidate('pod-2').url);
  expect(text).toMatch(/content-type: application\/json\r\n/i);
  expect(text).toMatch(/\r\n\r\n{"name":"pod-1","last_update":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"}$/);
});

test('answers an empty object before it has read the lease', async () => {
  const candidate = election.candidate('pod-2');
  await candidate.restart();
  await candidate.cutOff('black-hole');
  await candidate.restart();
  expect(await ask(candidate.url)).toEqual({});
});

test('has the address of the stream in its environment', () => {
  const { name, url, eventsUrl, env } = election.candidate('pod-1');
  expect(eventsUrl).toBe(`${url}sse`);
  expect(env).toMatchObject({ MY_POD_NAME: name, ELECTOR_GET_URL: url, ELECTOR_SSE_URL: eventsUrl });
});

test('streams the present leader at once and each change, and counts streams and requests', async () => {
  const candidate = election.candidate('pod-3');
  const hangUp = new AbortController();
  const events = eventsOf(candidate.eventsUrl, hangUp.signal);
  expect((await events.next()).value).toMatchObject({ name: 'pod-1' });
  expect([candidate.openStreams, candidate.requests]).toEqual([1, 1]);
  await election.candidate('pod-1').leave();
  const next = await election.nextHolder();
  expect((await events.next()).value).toMatchObject({ name: next });
  hangUp.abort();
  await expect(events.next()).rejects.toThrow(/abort/i);
  await election.until(() => candidate.openStreams === 0);
});

test('elects no other leader while the pod object of a killed one exists, and the same one after its restart', async () => {
  const first = election.candidate('pod-1');
  const holders: (string | undefined)[] = [];
  const follow = election.until(() => {
    holders.push(election.holder);
    return first.claimsToLead && first.requests > 0;
  });
  await first.kill();
  expect(await ask(election.candidate('pod-2').url)).toMatchObject({ name: 'pod-1' });
  await first.restart();
  await election.until(() => first.claimsToLead);
  await ask(first.url);
  await follow;
  expect(new Set(holders)).toEqual(new Set(['pod-1']));
});

test('claims through a pause and a cut-off longer than a lease, since its lease does not expire', async () => {
  const first = election.candidate('pod-1');
  const { leaseDurationMs } = election.timing;
  await first.pause();
  // The pause and the cut-offs last two leases each, after which the other dialects would have a new leader.
  expect(await exchange(first.url, 2 * leaseDurationMs)).toMatchObject({ text: '', endedBy: 'silence' });
  await first.resume();
  expect(await ask(first.url)).toMatchObject({ name: 'pod-1' });
  for (const kind of ['refused', 'black-hole', 'read-only'] as const) {
    await first.cutOff(kind);
    await first.answer({ delayMs: 2 * leaseDurationMs });
    expect(await ask(first.url)).toMatchObject({ name: 'pod-1' });
  }
  expect(election.holder).toBe('pod-1');
  expect(election.candidates.map(({ claim }) => claim)).toEqual(['pod-1', 'pod-1', 'pod-1']);
});

test("elects a new leader soon after a pod object is deleted, which even that pod's sidecar names", async () => {
  const first = election.candidate('pod-1');
  const startedAtMs = performance.now();
  first.deletePod();
  const next = await election.nextHolder();
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(19);
  expect(next).not.toBe('pod-1');
  await election.until(() => election.candidates.every(({ claim }) => claim === next));
  expect(await ask(first.url)).toMatchObject({ name: next });
});

test('elects the only candidate again after its pod object was deleted and created', async () => {
  const [first, ...others] = election.candidates;
  await Promise.all(others.map((candidate) => candidate.kill()));
  first?.deletePod();
  await election.until(() => election.holder === undefined);
  await first?.restart();
  expect(await election.nextHolder()).toBe('pod-1');
});

test('a standby that was cut off names the new leader once it is healed', async () => {
  const standby = election.candidate('pod-3');
  await standby.cutOff();
  await election.candidate('pod-1').leave();
  const next = await election.nextHolder();
  expect(next).toBe('pod-2');
  expect(standby.claim).toBe('pod-1');
  await standby.heal();
  expect(await standby.nextClaim()).toBe('pod-2');
});

test('elects a leader once the API server takes writes again', async () => {
  election.apiServer.readOnly();
  await election.candidate('pod-1').leave();
  await election.until(({ holder }) => holder === undefined);
  const next = election.nextHolder();
  // An answer that is delayed by a lease measures the time.
  const standby = election.candidate('pod-2');
  await standby.answer({ delayMs: election.timing.leaseDurationMs });
  await ask(standby.url);
  expect(election.holder).toBeUndefined();
  election.apiServer.readOnly(false);
  expect(await next).not.toBe('pod-1');
});
