import assert from 'node:assert/strict';
import { ClusterLeaderService } from '@cluster-leader/core';
import { startElection } from '../election/start-election.ts';
import { withAdapter, type MountAdapter } from './mounted-adapter.ts';

const BURST = 20;

/** Fails if a burst of jobs makes more than one request to a real sidecar per 100 ms. */
export async function asksOnce(mount: MountAdapter): Promise<void> {
  const election = await startElection({ candidates: 1 });
  const [candidate] = election.candidates;
  assert.ok(candidate !== undefined);
  const leader = new ClusterLeaderService({
    url: candidate.url,
    identity: candidate.name,
    leaseDurationMs: 600_000,
    maxAgeMs: 300_000,
    pollIntervalMs: 100_000, // so that no poll is counted
  });
  try {
    assert.equal(await leader.start(), 'leader');
    let runs = 0;
    await withAdapter(
      mount(leader, () => (runs += 1), BURST),
      async (adapter) => {
        const before = candidate.requests;
        const startedAtMs = performance.now();
        await adapter.tick();
        // On a loaded machine, or in a host that waits for the next second, the burst takes longer than 100 ms.
        const tookMs = performance.now() - startedAtMs;
        const requests = candidate.requests - before;
        assert.equal(runs, BURST);
        assert.ok(requests <= 1 + tookMs / 100, `${requests} requests for ${BURST} jobs in ${tookMs} ms`);
      },
    );
  } finally {
    await leader.close();
    await election.close();
  }
}
