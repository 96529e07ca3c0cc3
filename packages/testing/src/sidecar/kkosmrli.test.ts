import { createServer } from 'node:http';
import { ClusterLeaderService } from '@cluster-leader/core';
import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Candidate } from '../election/candidate.ts';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import type { ElectionOptions } from '../election/election-options.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

interface Held {
  readonly election: Election;
  readonly first: Candidate;
  readonly second: Candidate;
}

async function start({ onTestFinished }: TestContext, options: ElectionOptions = {}): Promise<Held> {
  const election = await startElection({ dialect: 'kkosmrli', candidates: 2, leaseDurationMs: 1_500, ...options });
  onTestFinished(() => election.close());
  return { election, first: election.candidate('pod-1'), second: election.candidate('pod-2') };
}

test.concurrent.for([
  ['refused', false],
  ['black-hole', false],
  ['read-only', false],
  ['black-hole', true],
] as const)(
  'a leader that is cut off from the API server (%s) exits by itself and is restarted on the same port, with processes: %s',
  async ([kind, processes], context) => {
    // On a loaded machine a process starts so slowly that with a short lease both sidecars keep exiting.
    const { election, first } = await start(context, { processes, leaseDurationMs: processes ? 3_000 : 1_500 });
    const { pid, url } = first;
    await first.cutOff(kind);
    await election.until(() => first.state === 'ended');
    expect(await exchange(url)).toMatchObject({ endedBy: 'refused' });
    await election.until(() => first.state === 'running');
    expect(first.url).toBe(url);
    expect(first.pid === pid).toBe(!processes);
    await first.heal();
    await election.until(() => first.claim === election.holder);
  },
);

test.concurrent('a leader still claims when it continues after a pause, then exits, and names the new leader after its restart', async (context) => {
  const { election, first } = await start(context);
  await nextRenewal(election);
  await first.pause();
  // The request must reach the paused sidecar before it continues, since it exits soon afterwards.
  const asked = ask(first.url, 30_000);
  await election.until(({ holder }) => holder === 'pod-2');
  await first.resume();
  expect(await asked).toEqual({ name: 'pod-1' });
  await election.until(() => first.state === 'ended');
  await election.until(() => first.claim === 'pod-2');
});

test.concurrent('a restarted sidecar names nobody during an outage, and then the holder in the old record', async (context) => {
  const { election, first, second } = await start(context, { restartDelayMs: 2_000 });
  await election.cutOff();
  await election.until(() => first.state === 'ended');
  await election.until(() => first.claim === '');
  expect(await ask(first.url)).toEqual({ name: '' });
  expect(await ask(second.url)).toEqual({ name: 'pod-1' });

  await first.cutOff('read-only');
  await election.until(() => first.claimsToLead);
  await second.heal();
  await election.until(() => second.claimsToLead);
  // Its next try reads the new record.
  await election.until(() => first.claim === 'pod-2');
});

test.concurrent('a sidecar that is killed while it waits for its restart is not restarted', async (context) => {
  const { election, first } = await start(context);
  await first.cutOff();
  await election.until(() => first.state === 'ended');
  await first.kill();
  // That takes longer than the restart would have.
  await election.until(({ holder }) => holder === 'pod-2');
  expect(first.state).toBe('ended');
});

test.concurrent('a restart that fails because the port is taken is tried again', async (context) => {
  const { election, first, second } = await start(context);
  await first.cutOff();
  await election.until(() => first.state === 'ended');
  const thief = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  await election.until(() => second.claimsToLead);
  expect(first.state).toBe('ended');
  thief.close();
  await election.until(() => first.state === 'running');
});

test.concurrent('the service never makes a second leader of a sidecar that echoes the old record after an outage', async (context) => {
  const leaseDurationMs = 3_000;
  const maxAgeMs = 1_500;
  // The outage must last longer than the service's maxAgeMs to count as a gap.
  const { election, first, second } = await start(context, { leaseDurationMs, restartDelayMs: maxAgeMs + 200 });
  const leading = new Set<string>();
  const doubles: string[] = [];
  const serviceOf = ({ name, url }: Candidate, settleMs: number): ClusterLeaderService => {
    // Long timeouts for a loaded machine. The settling time is not tested here.
    const timing = { maxAgeMs, requestTimeoutMs: 1_000, checkTimeoutMs: 1_200, settleMs };
    const service = new ClusterLeaderService({ url, identity: name, leaseDurationMs, logger: {}, ...timing });
    context.onTestFinished(() => service.close());
    service.on('elected', () => {
      leading.add(name);
      if (leading.size > 1) doubles.push([...leading].join(' and '));
    });
    service.on('demoted', () => leading.delete(name));
    return service;
  };
  const service = serviceOf(first, 600_000);
  const other = serviceOf(second, 0);
  await Promise.all([service.waitForLeadership(), other.start()]);

  await election.cutOff();
  await election.until(() => first.state === 'ended');
  await election.until(() => first.claim === '');
  const asked = first.requests;
  await election.until(() => first.requests >= asked + 3);
  expect(service.standing).toBe('unknown');

  await first.cutOff('read-only');
  await election.until(() => first.claimsToLead);
  await Promise.all([first.cutOff(), second.heal()]);
  await other.waitForLeadership();
  const echoed = first.requests;
  await election.until(() => first.requests >= echoed + 3);
  // A control: the sidecar still echoes the old record, and the service has read it.
  expect(await ask(first.url)).toEqual({ name: 'pod-1' });
  expect(doubles).toEqual([]);
  expect(service.status()).toMatchObject({ standing: 'unknown', reason: 'settling' });
});
