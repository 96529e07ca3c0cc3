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

test.concurrent('claims in an outage until 1.5 leases after its last renewal, and then names nobody', async (context) => {
  const { election, first } = await start(context);
  await nextRenewal(election);
  const startedAtMs = performance.now();
  const claim = first.nextClaim();
  await election.cutOff();
  expect(await claim).toBe('');
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1.5 * leaseDurationMs - 20);
});

test.concurrent('claims beside a new leader while its connections are reset', async (context) => {
  // Standbys try often, so that one of them takes over well before 1.5 leases have passed.
  const election = await startElection({
    dialect: 'krmcbride',
    leaseDurationMs: 2_000,
    renewDeadlineMs: 400,
    retryPeriodMs: 100,
  });
  context.onTestFinished(() => election.close());
  const first = election.candidate('pod-1');
  await first.cutOff('reset');
  await election.until(({ candidates }) =>
    candidates.some((candidate) => candidate !== first && candidate.claimsToLead),
  );
  expect(first.claimsToLead).toBe(true);
  await election.until(() => first.claim === '');
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
