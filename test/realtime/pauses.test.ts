import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startReplicas } from '@cluster-leader/cli';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../examples/node-cron/index.ts', import.meta.url));
const LEASE_MS = 4_000;
/** The other replica's requests, one each 0.4 s, measure the length of a pause in which nothing else happens. */
const REQUESTS_PER_PAUSE = 20;

interface Run {
  readonly replica: string;
  readonly tick: string;
  /** The holder of the lease when this process received the output of the run. */
  readonly holder: string | undefined;
}

describe('a leader that is stopped for longer than its lease and then continues runs no tick as a false leader', () => {
  it.concurrent.each([
    { what: 'its app stops', stopsApp: true, stopsSidecar: false },
    { what: 'its sidecar stops', stopsApp: false, stopsSidecar: true },
    { what: 'both stop', stopsApp: true, stopsSidecar: true },
  ])('if $what', { timeout: 60_000 }, async ({ stopsApp, stopsSidecar }) => {
    const runs: Run[] = [];
    const received = new EventEmitter();
    const until = async (isReached: () => boolean): Promise<void> => {
      while (!isReached()) await once(received, 'run');
    };
    const set = await startReplicas({
      command: [process.execPath, '--conditions=@cluster-leader/source', program],
      replicas: 2,
      leaseDurationMs: LEASE_MS,
      onOutput(replica, lines) {
        for (const line of lines.filter((one) => one.startsWith('billed '))) {
          runs.push({ replica, tick: line.slice('billed '.length), holder: set.election.holder });
        }
        received.emit('run');
      },
    });
    try {
      await until(() => runs.length >= 2);
      const leader = set.replicas.find(({ name }) => name === runs.at(-1)?.replica);
      const standby = set.replicas.find((replica) => replica !== leader);
      if (leader === undefined || standby === undefined) throw new Error('Expected two replicas.');

      if (stopsApp) leader.signal('SIGSTOP');
      if (stopsSidecar) await leader.candidate.pause();
      const beforePause = runs.length;
      if (stopsSidecar) {
        await until(() => runs.slice(beforePause).filter(({ replica }) => replica === standby.name).length >= 3);
      } else {
        const asked = standby.candidate.requests + REQUESTS_PER_PAUSE;
        await set.election.until(() => standby.candidate.requests >= asked);
      }
      const holders = [...new Set([leader.name, set.election.holder])];
      if (stopsApp) leader.signal('SIGCONT');
      if (stopsSidecar) await leader.candidate.resume();
      if (stopsSidecar) await set.election.until(() => !leader.candidate.claimsToLead); // the end of the false claim
      const afterPause = runs.length;
      await until(() => runs.length >= afterPause + 5);

      // The pod keeps the lease if only its app is stopped.
      expect(holders).toHaveLength(stopsSidecar ? 2 : 1);
      expect(runs.filter(({ replica, holder }) => replica !== holder)).toEqual([]);
      expect(new Set(runs.map(({ tick }) => tick)).size).toBe(runs.length);
    } finally {
      await set.close(0);
    }
  });
});
