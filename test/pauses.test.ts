import { EventEmitter, once } from 'node:events';
import { startElection } from '@cluster-leader/testing';
import { describe, expect, it } from 'vitest';
import { Replica } from '../examples/demo/replica.ts';

const LEASE_MS = 2_000;
const PAUSE_MS = 20_000;

interface Run {
  readonly replica: string;
  readonly tick: string;
  /** Who held the lease when the run was heard of. */
  readonly holder: string | undefined;
}

describe('A leader that is stopped for 20 s and continued runs no tick as a false leader', () => {
  it.concurrent.each([
    { what: 'the app', stopsApp: true, stopsSidecar: false },
    { what: 'its sidecar', stopsApp: false, stopsSidecar: true },
    { what: 'the app and its sidecar', stopsApp: true, stopsSidecar: true },
  ])('where $what is stopped', { timeout: 60_000 }, async ({ stopsApp, stopsSidecar }) => {
    const election = await startElection({ candidates: 2, leaseDurationMs: LEASE_MS, processes: true });
    const runs: Run[] = [];
    const heard = new EventEmitter();
    const until = async (isReached: () => boolean): Promise<void> => {
      while (!isReached()) await once(heard, 'run');
    };
    const replicas = election.candidates.map(
      ({ name, env }) =>
        new Replica(name, { ...env, LEASE_DURATION_MS: String(LEASE_MS) }, 'ignore', (line) => {
          if (!line.startsWith('billed ')) return;
          runs.push({ replica: name, tick: line.slice('billed '.length), holder: election.holder });
          heard.emit('run');
        }),
    );
    try {
      await until(() => runs.length >= 2);
      const [first] = election.candidates;
      const [app] = replicas;
      expect(runs.every(({ replica }) => replica === first?.name)).toBe(true);

      if (stopsApp) app?.signal('SIGSTOP');
      if (stopsSidecar) await first?.pause();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS)); // the pause itself
      const beforeResume = runs.length;
      if (stopsApp) app?.signal('SIGCONT');
      if (stopsSidecar) await first?.resume();
      await until(() => runs.length >= beforeResume + 5);

      expect(runs.filter(({ replica, holder }) => replica !== holder)).toEqual([]);
      expect(new Set(runs.map(({ tick }) => tick)).size).toBe(runs.length);
      // Somebody has led meanwhile, unless the lease never left the pod whose app alone was stopped.
      expect(beforeResume > 10).toBe(stopsSidecar);
    } finally {
      await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
      await election.close();
    }
  });
});
