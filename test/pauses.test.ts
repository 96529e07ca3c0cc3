import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startReplicas } from '@cluster-leader/cli';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../examples/node-cron/index.ts', import.meta.url));
const LEASE_MS = 4_000;
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
    const runs: Run[] = [];
    const heard = new EventEmitter();
    const until = async (isReached: () => boolean): Promise<void> => {
      while (!isReached()) await once(heard, 'run');
    };
    const set = await startReplicas({
      command: [process.execPath, '--conditions=@cluster-leader/source', program],
      replicas: 2,
      leaseDurationMs: LEASE_MS,
      onOutput(replica, lines) {
        for (const line of lines.filter((one) => one.startsWith('billed '))) {
          runs.push({ replica, tick: line.slice('billed '.length), holder: set.election.holder });
        }
        heard.emit('run');
      },
    });
    try {
      await until(() => runs.length >= 2);
      const [first] = set.replicas;
      expect(runs.every(({ replica }) => replica === first?.name)).toBe(true);

      if (stopsApp) first?.signal('SIGSTOP');
      if (stopsSidecar) await first?.candidate.pause();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS)); // the pause itself
      const beforeResume = runs.length;
      if (stopsApp) first?.signal('SIGCONT');
      if (stopsSidecar) await first?.candidate.resume();
      await until(() => runs.length >= beforeResume + 5);

      expect(runs.filter(({ replica, holder }) => replica !== holder)).toEqual([]);
      expect(new Set(runs.map(({ tick }) => tick)).size).toBe(runs.length);
      // Somebody has led meanwhile, unless the lease never left the pod whose app alone was stopped.
      expect(beforeResume > 10).toBe(stopsSidecar);
    } finally {
      await set.close(0);
    }
  });
});
