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
 * A queue keeps the contract with one exception: on a follower no run is skipped, since the job waits for a leader. So
 * the cases that ask for a `skipped` event are replaced by the waiting itself. For the others the host removes what
 * still waits when its tick is over, as a scheduler does.
 */
describe.each(databases)('On $kind a gated queue keeps the contract of an adapter: it', ({ kind, url }) => {
  const cases = adapterContract((leader, work, jobs) => mount(leader, work, jobs));
  for (const { title, run } of cases.filter((one) => !one.title.startsWith('skips'))) it(title, run);

  it.each([undefined, 'not-asked', 'no-leader', 'unreachable', 'invalid-answer', 'stale', 'settling'] as const)(
    'leaves each job in the queue instead of skipping it, and runs it on election (%s)',
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
    // With this channel now() resolves once the job has been looked for.
    const notificationChannel = new InMemoryNotificationChannel();
    const inner = backendOf(kind, url, newSpace());
    // A burst lasts as long as its queries, which can be longer than the default on a busy machine.
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
            await Promise.all(scans); // also those of the start, which may have found it, and given it back
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
