import { describe, expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Candidate } from '../election/candidate.ts';
import type { Dialect } from './dialect.ts';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const leaseDurationMs = 800;
const renewDeadlineMs = 400;
/** How early a timer may fire. There are no upper bounds, since a loaded machine may be late by any time. */
const EARLY_MS = 5;

interface Held {
  readonly election: Election;
  readonly first: Candidate;
  /** Returns the candidate that holds the lease at present. */
  readonly leader: () => Candidate;
}

async function start({ onTestFinished }: TestContext, dialect: Dialect, candidates = 3): Promise<Held> {
  const election = await startElection({ dialect, candidates, leaseDurationMs });
  onTestFinished(() => election.close());
  const leader = (): Candidate => election.candidate(election.holder ?? '');
  return { election, first: leader(), leader };
}

/** Resolves with the time until `event` resolves, in milliseconds. */
async function timeTo(event: Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await event;
  return performance.now() - startedAtMs;
}

describe.each(['leader-elector', 'leader-elector-head'] as const)('%s', (dialect) => {
  test.concurrent('elects one leader, which every sidecar names as plain text on every path', async (context) => {
    const { election } = await start(context, dialect);
    expect(election.holder).toBe('pod-1');
    for (const candidate of election.candidates) {
      expect(await ask(candidate.url)).toEqual({ name: 'pod-1' });
      const { text } = await exchange(`${candidate.url}sse`);
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain; charset=utf-8\r\ncontent-length: 16\r\n/i);
    }
    expect(election.candidates.filter((candidate) => candidate.claimsToLead)).toHaveLength(1);
  });

  test.concurrent('elects a new leader once the lease of a killed one has expired, not before; the old one follows after a restart', async (context) => {
    const { election, first, leader } = await start(context, dialect);
    await nextRenewal(election);
    const passing = timeTo(election.nextHolder());
    await first.kill();
    expect(await exchange(first.url)).toMatchObject({ endedBy: 'refused' });
    expect(await passing).toBeGreaterThanOrEqual(leaseDurationMs - EARLY_MS);
    expect(leader()).not.toBe(first);
    await first.restart();
    await election.until(() => first.claim === election.holder);
  });

  test.concurrent('restarts a sidecar with the same name and port, which leads if it still holds the lease', async (context) => {
    const { election, first } = await start(context, dialect, 1);
    const { url } = first;
    await first.restart();
    expect(first.url).toBe(url);
    await election.until(() => first.claimsToLead);
    expect(await ask(url)).toEqual({ name: 'pod-1' });
  });

  test.concurrent('elects a new leader while the old one is paused and does not respond', async (context) => {
    const { election, first, leader } = await start(context, dialect);
    await first.pause();
    expect(first.state).toBe('paused');
    expect(await exchange(first.url, 100)).toMatchObject({ text: '', endedBy: 'silence' });
    await election.until(() => leader() !== first && leader().claimsToLead);
    expect(first.claimsToLead).toBe(true);
  });

  test.concurrent('does not release the lease when the leader leaves in an orderly way', async (context) => {
    const { election, first } = await start(context, dialect, 2);
    await nextRenewal(election);
    const passing = timeTo(election.nextHolder());
    await first.leave();
    expect(await passing).toBeGreaterThanOrEqual(leaseDurationMs - EARLY_MS);
  });

  test.concurrent('stops claiming and names nobody while the API server refuses connections', async (context) => {
    const { election, first, leader } = await start(context, dialect);
    const claim = first.nextClaim();
    await first.cutOff();
    expect(await claim).toBe('');
    await first.heal();
    await election.until(() => leader().claimsToLead);
  });

  test.concurrent('claims indefinitely while its API server is a black hole, until it is healed', async (context) => {
    const { election, first, leader } = await start(context, dialect);
    await first.cutOff('black-hole');
    await election.nextHolder();
    await leader().kill();
    await election.nextHolder();
    await election.until(() => leader().claimsToLead);
    expect(await ask(first.url)).toEqual({ name: first.name });
    expect(await ask(leader().url)).toEqual({ name: leader().name });
    const truth = first.nextClaim();
    await first.heal();
    expect(await truth).toBe(election.holder);
  });

  test.concurrent('keeps its leader through an outage in which the API server is a black hole for all', async (context) => {
    const { election, first } = await start(context, dialect);
    await election.cutOff('black-hole');
    // An answer that is delayed by two leases measures the time.
    await first.answer({ delayMs: 2 * leaseDurationMs });
    expect(await ask(first.url)).toEqual({ name: first.name });
    await election.heal();
    await first.answerHonestly();
    expect(await ask(first.url)).toEqual({ name: first.name });
    expect(election.holder).toBe(first.name);
    expect(first.claimsToLead).toBe(true);
  });
});

test.concurrent('the old leader-elector claims for a full renew deadline after a pause', async (context) => {
  const { election, first } = await start(context, 'leader-elector');
  // A leader that is stopped during a try would correct itself with that try.
  await nextRenewal(election);
  await first.pause();
  await election.nextHolder();
  const asked = ask(first.url);
  const truth = timeTo(first.nextClaim());
  await first.resume();
  expect(await asked).toEqual({ name: first.name });
  expect(await truth).toBeGreaterThanOrEqual(renewDeadlineMs - EARLY_MS);
  expect(first.claim).toBe(election.holder);
});

test.concurrent('the last leader-elector claims only until its first try after a pause', async (context) => {
  const { election, first } = await start(context, 'leader-elector-head');
  await first.pause();
  const asked = ask(first.url, 30_000);
  // The request must reach the paused sidecar before it continues.
  const next = await election.nextHolder();
  await first.resume();
  expect(await asked).toEqual({ name: first.name });
  await election.until(() => first.claim === next);
  expect(await ask(first.url)).toEqual({ name: next });
});

test.concurrent('a standby of the old leader-elector keeps naming the first leader that it saw, until it leads itself', async (context) => {
  const { election, first } = await start(context, 'leader-elector');
  const claims: (string | undefined)[] = [];
  await first.kill();
  const second = election.candidate(await election.nextHolder());
  const last = election.candidates.find((candidate) => candidate !== first && candidate !== second);
  const follow = election.until(() => {
    if (claims.at(-1) !== last?.claim) claims.push(last?.claim);
    return last?.claimsToLead === true;
  });
  await second.kill();
  await follow;
  expect(claims).toEqual(['pod-1', last?.name]);
});

test.concurrent('a standby of the last leader-elector names the new leader after its next try', async (context) => {
  const { election, first, leader } = await start(context, 'leader-elector-head');
  await first.kill();
  await election.nextHolder();
  await election.until(() =>
    election.candidates.every(({ claim }) => claim === undefined || claim === election.holder),
  );
  expect(leader()).not.toBe(first);
});

test.concurrent('the old leader-elector names itself indefinitely beside a new leader while its API server is read-only', async (context) => {
  const { election, first, leader } = await start(context, 'leader-elector');
  await first.cutOff('read-only');
  await election.nextHolder();
  await leader().kill();
  await election.nextHolder();
  await election.until(() => leader().claimsToLead);
  expect(await ask(first.url)).toEqual({ name: first.name });
});

test.concurrent('the last leader-elector names the new leader while its API server is read-only', async (context) => {
  const { election, first } = await start(context, 'leader-elector-head');
  await first.cutOff('read-only');
  const next = await election.nextHolder();
  await election.until(() => first.claim === election.holder);
  expect(next).not.toBe(first.name);
});
