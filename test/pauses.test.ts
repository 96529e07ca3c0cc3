import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startReplicas } from '@cluster-leader/cli';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../examples/node-cron/index.ts', import.meta.url));
const LEASE_MS = 4_000;
/** Questions of a replica that runs on, one each 0.4 s, by which a pause without any other event is measured. */
const QUESTIONS_PER_PAUSE = 20;

interface Run {
  readonly replica: string;
  readonly tick: string;
  /** Who held the lease when this process received the run. */
  readonly holder: string | undefined;
}

describe('A leader that is stopped for longer than its lease and continued runs no tick as a false leader', () => {
  it.concurrent.each([
    { what: 'the app', stopsApp: true, stopsSidecar: false },
    { what: 'its sidecar', stopsApp: false, stopsSidecar: true },
    { what: 'the app and its sidecar', stopsApp: true, stopsSidecar: true },
  ])('if $what is stopped', { timeout: 60_000 }, async ({ stopsApp, stopsSidecar }) => {
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
      if (leader === undefined || standby === undefined) throw new Error('There are two replicas.');

      if (stopsApp) leader.signal('SIGSTOP');
      if (stopsSidecar) await leader.candidate.pause();
      const beforePause = runs.length;
      if (stopsSidecar) {
        await until(() => runs.slice(beforePause).filter(({ replica }) => replica === standby.name).length >= 3);
      } else {
        const asked = standby.candidate.requests + QUESTIONS_PER_PAUSE;
        await set.election.until(() => standby.candidate.requests >= asked);
      }
      const holders = [...new Set([leader.name, set.election.holder])];
      if (stopsApp) leader.signal('SIGCONT');
      if (stopsSidecar) await leader.candidate.resume();
      if (stopsSidecar) await set.election.until(() => !leader.candidate.claimsToLead); // the end of the false claim
      const afterPause = runs.length;
      await until(() => runs.length >= afterPause + 5);

      // The lease does not leave the pod if its app alone is stopped.
      expect(holders).toHaveLength(stopsSidecar ? 2 : 1);
      expect(runs.filter(({ replica, holder }) => replica !== holder)).toEqual([]);
      expect(new Set(runs.map(({ tick }) => tick)).size).toBe(runs.length);
    } finally {
      await set.close(0);
    }
  });
});
