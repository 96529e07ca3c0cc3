import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Candidate } from '../election/candidate.ts';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const leaseDurationMs = 600;

interface Held {
  readonly election: Election;
  readonly first: Candidate;
}

async function start({ onTestFinished }: TestContext): Promise<Held> {
  const election = await startElection({ dialect: 'krmcbride', candidates: 2, leaseDurationMs });
  onTestFinished(() => election.close());
  return { election, first: election.candidate('pod-1') };
}

test.concurrent('answers the name as JSON', async (context) => {
  const { first } = await start(context);
  const { text } = await exchange(first.url);
  expect(text).toMatch(/content-type: application\/json\r\n/i);
  expect(text).toMatch(/\r\n\r\n{"name":"pod-1"}$/);
});

test.concurrent('names nobody from the renew deadline after the first refused try on', async (context) => {
  const { election, first } = await start(context);
  await nextRenewal(election);
  const startedAtMs = performance.now();
  const claim = first.nextClaim();
  await election.cutOff();
  expect(await claim).toBe('');
  const { renewDeadlineMs, retryPeriodMs } = election.timing;
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(renewDeadlineMs + retryPeriodMs - 5);
});

test.concurrent('claims in a black hole beside a new leader, until its connection fails after 4.5 leases', async (context) => {
  const { election, first } = await start(context);
  const startedAtMs = performance.now();
  await first.cutOff('black-hole');
  await election.until(() => election.candidate('pod-2').claimsToLead);
  expect(await ask(first.url)).toEqual({ name: 'pod-1' });
  await election.until(() => first.claim === '');
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(4.5 * leaseDurationMs - 5);
  await first.heal();
  await election.until(() => first.claim === 'pod-2');
});

test.concurrent('keeps the lock on SIGTERM', async (context) => {
  const { election, first } = await start(context);
  await first.leave();
  expect(election.holder).toBe('pod-1');
  await election.until(({ holder }) => holder === 'pod-2');
});
