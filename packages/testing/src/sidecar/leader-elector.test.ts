import { describe, expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Candidate } from '../election/candidate.ts';
import type { Dialect } from './dialect.ts';
import { startElection } from '../election/election.ts';
import type { Election } from '../election/election.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// For loaded machines.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const leaseDurationMs = 800;
const renewDeadlineMs = 400;
/** How much earlier than it should a timer may fire. A loaded machine is only ever late, so nothing has an upper bound. */
const EARLY_MS = 5;

interface Held {
  readonly election: Election;
  readonly first: Candidate;
  /** The candidate that holds the lease by now. */
  readonly leader: () => Candidate;
}

async function start({ onTestFinished }: TestContext, dialect: Dialect, candidates = 3): Promise<Held> {
  const election = await startElection({ dialect, candidates, leaseDurationMs });
  onTestFinished(() => election.close());
  const leader = (): Candidate => election.candidate(election.holder ?? '');
  return { election, first: leader(), leader };
}

/** The time that passes until `event`. */
async function timeTo(event: Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await event;
  return performance.now() - startedAtMs;
}

describe.each(['leader-elector', 'leader-elector-head'] as const)('%s', (dialect) => {
  test.concurrent('elects one leader, and every sidecar names it on every path as plain text', async (context) => {
    const { election } = await start(context, dialect);
    expect(election.holder).toBe('pod-1');
    for (const candidate of election.candidates) {
      expect(await ask(candidate.url)).toEqual({ name: 'pod-1' });
      const { text } = await exchange(`${candidate.url}sse`);
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain; charset=utf-8\r\ncontent-length: 16\r\n/i);
    }
    expect(election.candidates.filter((candidate) => candidate.claimsToLead)).toHaveLength(1);
  });

  test.concurrent('passes the lead on when the lease of a killed leader has expired, and not before; the old one follows when it is back', async (context) => {
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

  test.concurrent('restarts a sidecar under the same name and port, as the leader if it still holds the lease', async (context) => {
    const { election, first } = await start(context, dialect, 1);
    const { url } = first;
    await first.restart();
    expect(first.url).toBe(url);
    await election.until(() => first.claimsToLead);
    expect(await ask(url)).toEqual({ name: 'pod-1' });
  });

  test.concurrent('passes the lead on while the leader is paused and answers nothing', async (context) => {
    const { election, first, leader } = await start(context, dialect);
    await first.pause();
    expect(first.state).toBe('paused');
    expect(await exchange(first.url, 100)).toMatchObject({ text: '', endedBy: 'silence' });
    await election.until(() => leader() !== first && leader().claimsToLead);
    expect(first.claimsToLead).toBe(true);
  });

  test.concurrent('hands nothing over when the leader leaves in an orderly way', async (context) => {
    const { election, first } = await start(context, dialect, 2);
    await nextRenewal(election);
    const passing = timeTo(election.nextHolder());
    await first.leave();
    expect(await passing).toBeGreaterThanOrEqual(leaseDurationMs - EARLY_MS);
  });

  test.concurrent('ends the claim of a leader that the API server refuses, naming nobody', async (context) => {
    const { election, first, leader } = await start(context, dialect);
    const claim = first.nextClaim();
    await first.cutOff();
    expect(await claim).toBe('');
    await first.heal();
    await election.until(() => leader().claimsToLead);
  });

  test.concurrent('goes on claiming without bound while the API server is a black hole, until it is healed', async (context) => {
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

  test.concurrent('keeps its leader through an outage of the API server that swallows everything', async (context) => {
    const { election, first } = await start(context, dialect);
    await election.cutOff('black-hole');
    // An answer that comes two leases later keeps the time.
    await first.answer({ delayMs: 2 * leaseDurationMs });
    expect(await ask(first.url)).toEqual({ name: first.name });
    await election.heal();
    await first.answerHonestly();
    expect(await ask(first.url)).toEqual({ name: first.name });
    expect(election.holder).toBe(first.name);
    expect(first.claimsToLead).toBe(true);
  });
});

test.concurrent('the old leader-elector goes on claiming for a renew deadline after a pause', async (context) => {
  const { election, first } = await start(context, 'leader-elector');
  // A leader that is stopped in the midst of a try corrects itself with that try.
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

test.concurrent('the last leader-elector goes on claiming only until its first try after a pause', async (context) => {
  const { election, first } = await start(context, 'leader-elector-head');
  await first.pause();
  const asked = ask(first.url);
  // The question must have reached the paused sidecar, as it does when the lease runs out meanwhile.
  const next = await election.nextHolder();
  await first.resume();
  expect(await asked).toEqual({ name: first.name });
  await election.until(() => first.claim === next);
  expect(await ask(first.url)).toEqual({ name: next });
});

test.concurrent('a standby of the old leader-elector names the first leader it saw, beside any number of later ones', async (context) => {
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

test.concurrent('a standby of the last leader-elector follows with its next try', async (context) => {
  const { election, first, leader } = await start(context, 'leader-elector-head');
  await first.kill();
  await election.nextHolder();
  await election.until(() =>
    election.candidates.every(({ claim }) => claim === undefined || claim === election.holder),
  );
  expect(leader()).not.toBe(first);
});

test.concurrent('the old leader-elector names itself without bound beside a new leader while it may only read', async (context) => {
  const { election, first, leader } = await start(context, 'leader-elector');
  await first.cutOff('read-only');
  await election.nextHolder();
  await leader().kill();
  await election.nextHolder();
  await election.until(() => leader().claimsToLead);
  expect(await ask(first.url)).toEqual({ name: first.name });
});

test.concurrent('the last leader-elector names the new leader while it may only read', async (context) => {
  const { election, first } = await start(context, 'leader-elector-head');
  await first.cutOff('read-only');
  const next = await election.nextHolder();
  await election.until(() => first.claim === election.holder);
  expect(next).not.toBe(first.name);
});
