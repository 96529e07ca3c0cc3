import { once } from 'node:events';
import { ClusterLeaderService, type Term } from '@cluster-leader/core';
import { startSidecar } from '../support/start-sidecar.ts';
import { distributionOf, show } from './statistics.ts';

// Measures how long after the sidecar's change a leader knows, over real HTTP and SSE, from one process to another.
const CHANGES = 500;
const WARM_UP = 20;

const sidecar = await startSidecar();
const service = new ClusterLeaderService({
  identity: 'self',
  mode: 'sidecar',
  url: sidecar.url,
  eventsUrl: new URL('/sse', sidecar.url),
});

const abortedMs: number[] = [];
const demotedMs: number[] = [];
const electedMs: number[] = [];
for (let change = -WARM_UP; change < CHANGES; change += 1) {
  const term = await service.waitForLeadership();
  const aborted = abortOf(term);
  const demoted = eventOf('demoted');
  await betweenChanges();
  const lost = await sidecar.send({ leader: 'other' });
  const [abortedAtNs, demotedAtNs] = await Promise.all([aborted, demoted]);

  const elected = eventOf('elected');
  await betweenChanges();
  const won = await sidecar.send({ leader: 'self' });
  const electedAtNs = await elected;
  if (change < 0) continue;
  abortedMs.push(msBetween(lost.changedAtNs, abortedAtNs));
  demotedMs.push(msBetween(lost.changedAtNs, demotedAtNs));
  electedMs.push(msBetween(won.changedAtNs, electedAtNs));
}
await service.close();
sidecar.stop();

show(`push: ms from the sidecar's change to the leader's, ${CHANGES} changes each way; p99 below 50 is expected`, {
  'term.signal aborts': distributionOf(abortedMs),
  demoted: distributionOf(demotedMs),
  elected: distributionOf(electedMs),
});

async function abortOf({ signal }: Term): Promise<bigint> {
  await once(signal, 'abort');
  return process.hrtime.bigint();
}

function eventOf(name: 'elected' | 'demoted'): Promise<bigint> {
  return new Promise((resolve) => {
    const end = service.on(name, () => {
      end();
      resolve(process.hrtime.bigint());
    });
  });
}

/** Waits a random time of up to 20 ms, so that changes occur in every phase of a poll. */
function betweenChanges(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 20 * Math.random()));
}

function msBetween(fromNs: string, toNs: bigint): number {
  return Number(toNs - BigInt(fromNs)) / 1e6;
}
