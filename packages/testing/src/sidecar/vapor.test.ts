import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Candidate } from '../election/candidate.ts';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const leaseDurationMs = 600;

interface Held {
  readonly election: Election;
  readonly first: Candidate;
  readonly second: Candidate;
}

async function start({ onTestFinished }: TestContext): Promise<Held> {
  const election = await startElection({ dialect: 'vapor', candidates: 2, leaseDurationMs });
  onTestFinished(() => election.close());
  return { election, first: election.candidate('pod-1'), second: election.candidate('pod-2') };
}

test.concurrent('answers who leads, which pod it belongs to and the present time', async (context) => {
  const { first, second } = await start(context);
  const before = Date.now();
  const { text } = await exchange(first.url);
  expect(text).toMatch(/content-type: application\/json\r\n/i);
  const answer: unknown = await ask(first.url);
  expect(answer).toEqual({ is_leader: true, leader: 'pod-1', node: 'pod-1', timestamp: expect.any(String) });
  expect(await ask(second.url)).toMatchObject({ is_leader: false, leader: 'pod-1', node: 'pod-2' });
  const { timestamp } = { timestamp: '', ...Object(answer) };
  expect(Date.parse(String(timestamp))).toBeGreaterThanOrEqual(before);
});

test.concurrent('claims through an outage of the API server that is longer than a lease', async (context) => {
  const { election, first } = await start(context);
  await election.cutOff();
  // An answer that is delayed by two leases measures the time.
  await first.answer({ delayMs: 2 * leaseDurationMs });
  expect(await ask(first.url)).toMatchObject({ is_leader: true });
  await election.heal();
  await election.until(({ holder, candidates }) => candidates.every(({ claim }) => claim === holder));
});

test.concurrent('claims while its path is refused, beside a new leader, until it reads the new name', async (context) => {
  const { election, first, second } = await start(context);
  await first.cutOff();
  await election.until(() => second.claimsToLead);
  expect(await ask(first.url)).toMatchObject({ is_leader: true });
  await first.heal();
  await election.until(() => first.claim === 'pod-2');
});

test.concurrent('hands over on SIGTERM before its lease would expire', async (context) => {
  // A lease that no test waits for.
  const election = await startElection({
    dialect: 'vapor',
    candidates: 2,
    leaseDurationMs: 600_000,
    renewDeadlineMs: 1_000,
    retryPeriodMs: 100,
  });
  context.onTestFinished(() => election.close());
  const next = election.nextHolder();
  await election.candidate('pod-1').leave();
  expect(await next).toBe('pod-2');
});
