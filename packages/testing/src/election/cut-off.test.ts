import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import { pathOf, RESOURCES } from '../api-server/resource.ts';
import { exchange, linesOf, send } from '../fixtures/api-client.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { exchange as exchangeRaw } from '../fixtures/raw-exchange.ts';
import type { Candidate } from './candidate.ts';
import type { Election } from './election.ts';
import type { ElectionOptions } from './election-options.ts';
import { startElection } from './start-election.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const lockPath = pathOf(RESOURCES.Endpoints, 'default', 'my-app');
const mapsPath = pathOf(RESOURCES.ConfigMap, 'default');
const watchPath = `${pathOf(RESOURCES.Endpoints, 'default')}?watch=true&fieldSelector=metadata.name%3Dmy-app`;

interface Held {
  readonly election: Election;
  readonly first: Candidate;
  readonly second: Candidate;
}

async function start({ onTestFinished }: TestContext, options: ElectionOptions = {}): Promise<Held> {
  const election = await startElection({ candidates: 2, leaseDurationMs: 800, ...options });
  onTestFinished(() => election.close());
  return { election, first: election.candidate('pod-1'), second: election.candidate('pod-2') };
}

/** Reads the lock on the one connection of `agent`. */
async function readOn(agent: Agent, url: string): Promise<{ readonly body: string; readonly reused: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request(`${url}${lockPath}`, { agent }, resolve).on('error', reject);
  sent.end();
  return { body: await text(await promise), reused: sent.reusedSocket };
}

async function reaches({ apiUrl }: Candidate): Promise<boolean> {
  const { endedBy } = await exchangeRaw(`${apiUrl}${lockPath}`);
  return endedBy === 'end';
}

test.concurrent('a black hole of the app silences open connections, watches and new ones, until it is healed', async (context) => {
  const { election, first } = await start(context);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.onTestFinished(() => agent.destroy());
  await readOn(agent, first.apiUrl);
  const watch = linesOf(`${first.apiUrl}${watchPath}`);
  await watch.next();
  await watch.next(); // right after a renewal, so that none is under way when the path is cut
  await first.cutOff('app', 'black-hole');
  let answers = 0;
  const counted = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    answers += 1;
    return value;
  };
  const read = counted(readOn(agent, first.apiUrl));
  const event = counted(watch.next());
  const silent = exchangeRaw(`${first.apiUrl}${lockPath}`, 100);
  // The sidecar goes on renewing, which the watch would report.
  for (let renewal = 0; renewal < 2; renewal += 1) await nextRenewal(election);
  expect(await silent).toMatchObject({ text: '', endedBy: 'silence' });
  expect(answers).toBe(0);
  await first.heal();
  expect(await read).toMatchObject({ reused: true, body: expect.stringContaining('pod-1') });
  expect((await event).value).toMatch(/^{"type":"MODIFIED"/);
  await watch.return();
});

test.concurrent('a reset ends open connections and new ones with a RST, until it is healed', async (context) => {
  const { first } = await start(context);
  const watch = linesOf(`${first.apiUrl}${watchPath}`);
  await watch.next();
  const readOut = async (): Promise<void> => {
    for await (const _ of watch);
  };
  const event = readOut();
  await Promise.all([
    first.cutOff('app', 'reset'),
    expect(event).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } }),
  ]);
  expect(await exchangeRaw(`${first.apiUrl}${lockPath}`)).toMatchObject({ text: '', endedBy: 'reset' });
  await first.heal();
  expect(await reaches(first)).toBe(true);
});

test.concurrent('a slow path of the app answers 0.3 leases later', async (context) => {
  const { first } = await start(context, { leaseDurationMs: 2_000 });
  await first.cutOff('app', 'slow');
  const startedAtMs = performance.now();
  await exchange('GET', `${first.apiUrl}${lockPath}`);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(595);
});

test.concurrent('a read-only path of the app answers reads and fails writes', async (context) => {
  const { first, second } = await start(context);
  await first.cutOff('app', 'read-only');
  const map = { metadata: { name: 'runs' } };
  expect(await send('GET', `${first.apiUrl}${lockPath}`)).toMatchObject({ status: 200 });
  expect(await send('POST', `${first.apiUrl}${mapsPath}`, map)).toMatchObject({ status: 503 });
  expect(await send('POST', `${second.apiUrl}${mapsPath}`, map)).toMatchObject({ status: 201 });
});

test.concurrent('cuts off the app without the sidecar, the sidecar without the app, or both', async (context) => {
  const { election, first } = await start(context);
  await first.cutOff('app');
  expect(await reaches(first)).toBe(false);
  await nextRenewal(election);
  expect(first.claimsToLead).toBe(true);

  await first.heal();
  await first.cutOff('sidecar');
  await election.until(() => first.claim === '');
  expect(await reaches(first)).toBe(true);

  await first.cutOff('both');
  expect(await reaches(first)).toBe(false);
  await first.heal();
  expect(await reaches(first)).toBe(true);
  await election.until(({ candidates, holder }) =>
    candidates.some(({ claim, name }) => name === holder && claim === name),
  );
});

test.concurrent('cuts off and heals every app at once', async (context) => {
  const { election, first, second } = await start(context);
  await election.cutOff('app', 'reset');
  expect([await reaches(first), await reaches(second)]).toEqual([false, false]);
  await election.heal();
  expect([await reaches(first), await reaches(second)]).toEqual([true, true]);
});

test.concurrent.for(['leader-elector-head', 'kkosmrli', 'krmcbride'] as const)(
  'another candidate leads while the path of the leader is reset: %s',
  async (dialect, context) => {
    const { election, first, second } = await start(context, { dialect });
    await first.cutOff('reset');
    await election.until(() => second.claimsToLead);
    await first.heal();
    await election.until(() => first.claim === 'pod-2');
    expect(election.holder).toBe('pod-2');
  },
);
