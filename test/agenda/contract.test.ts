import { once } from 'node:events';
import { gateBackend } from '@cluster-leader/agenda';
import type { ClusterLeader } from '@cluster-leader/core';
import { adapterContract, type MountedAdapter } from '@cluster-leader/testing';
import { Agenda, InMemoryNotificationChannel } from 'agenda';
import { describe, expect, inject, it, vi } from 'vitest';
import { backendOf, newSpace } from './databases.ts';
import { altered, NEVER_MS, open, rowsOf, succeeded } from './harness.ts';

const databases = inject('databases');

/**
 * A gated queue keeps the contract with one exception: a follower does not skip a job, since the job waits for a leader.
 * So a test that the job waits replaces the cases that expect a `skipped` event. In all other cases the host cancels jobs
 * that still wait at the end of a tick, because a scheduler would not run them later.
 */
describe.each(databases)('The contract of an adapter, for a gated queue on $kind: it', ({ kind, url }) => {
  const cases = adapterContract((leader, work, jobs) => mount(leader, work, jobs));
  for (const { title, run } of cases.filter((one) => !one.title.startsWith('skips'))) it(title, run);

  it.each([undefined, 'not-asked', 'no-leader', 'unreachable', 'invalid-answer', 'stale', 'settling'] as const)(
    'leaves a job in the queue instead of skipping it, and runs it on election (%s)',
    async (reason) => {
      const { agenda, leader } = await open({ kind, url, space: newSpace() });
      const skipped = vi.fn<() => void>();
      leader.on('skipped', skipped);
      if (reason !== undefined) leader.unknown(reason);
      agenda.define('report', async () => {});
      await agenda.start();
      await agenda.now('report');
      expect(await rowsOf(agenda, 'report')).toMatchObject([{ lockedAt: undefined, lastRunAt: undefined }]);
      const done = succeeded(agenda, 'report');
      leader.elect();
      await done;
      expect(skipped).not.toHaveBeenCalled();
    },
  );

  async function mount(leader: ClusterLeader, work: () => unknown, jobs: number): Promise<MountedAdapter> {
    // With this channel now() resolves only after Agenda has queried for the job.
    const notificationChannel = new InMemoryNotificationChannel();
    const inner = backendOf(kind, url, newSpace());
    // On a busy machine the queries of a burst can take longer than the default.
    const maxAgeMs = jobs === 1 ? undefined : 60_000;
    const gated = gateBackend(inner, { leader, leaderOnly: 'all', notificationChannel, maxAgeMs });
    const scans: Promise<unknown>[] = [];
    const backend = altered(gated, {
      getNextJobToRun: (...query) => {
        const scan = gated.repository.getNextJobToRun(...query);
        scans.push(scan);
        return scan;
      },
    });
    const agenda = new Agenda({ backend, processEvery: NEVER_MS, maxConcurrency: jobs });
    agenda.setMaxListeners(0); // one for each job
    const names = Array.from({ length: jobs }, (_, index) => `job-${index}`);
    for (const name of names) agenda.define(name, async () => void (await work()));
    await agenda.start();
    return {
      async tick() {
        await Promise.all(
          names.map(async (name) => {
            const done = once(agenda, `complete:${name}`);
            await agenda.now(name);
            await Promise.all(scans); // including those of start(), which may have found the job and given it back
            const rows = await rowsOf(agenda, name);
            if (rows.some(({ lockedAt, nextRunAt }) => lockedAt === undefined && nextRunAt !== null)) {
              await agenda.cancel({ name });
            } else {
              await done;
            }
          }),
        );
      },
      async close() {
        await agenda.stop(false);
        await backend.disconnect();
      },
    };
  }
});
