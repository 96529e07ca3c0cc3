import { describe, expect, test, vi } from 'vitest';
import { violations } from '../support/replay/admitted.ts';
import type { RecordedSidecar } from '../support/replay/recorded-sidecar.ts';
import { readRecording, recordingNames, type Recording } from '../support/replay/recording.ts';
import { replay, type Candidate } from '../support/replay/replay.ts';
import { newService } from '../support/replay/services.ts';
import type { Span } from '../support/replay/timeline.ts';
import { SEEDS } from '../support/virtual-time.ts';

vi.setConfig({ testTimeout: 60_000 });

const INTERVAL_MS = 1_000;

describe.each(recordingNames())('beside the sidecars of %s', (name) => {
  test('a slot of a cron job runs on two pods only in the admitted windows', async () => {
    const recording = readRecording(name);
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const twice = violations(await slotsRunTwice(recording, seed), recording);
      expect({ seed, twice }).toEqual({ seed, twice: [] });
    }
  });
});

/** Replays a recording to apps that run the same job each second with `runIfLeader`. Returns the slots that ran twice. */
async function slotsRunTwice(recording: Recording, seed: number): Promise<readonly Span[]> {
  const runs = new Map<number, Span>();
  const twice: Span[] = [];
  const make = (pod: string, sidecar: RecordedSidecar): Candidate => {
    const service = newService(pod, sidecar);
    const tick = (): void => {
      const slot = Math.round(performance.now() / INTERVAL_MS);
      void service.runIfLeader(() => {
        const before = runs.get(slot);
        const nowMs = performance.now();
        const run = { fromMs: nowMs, toMs: nowMs, pods: [...(before?.pods ?? []), pod] };
        runs.set(slot, run);
        if (before !== undefined) twice.push(run);
      });
      timer = setTimeout(tick, (slot + 1) * INTERVAL_MS - performance.now());
    };
    let timer = setTimeout(tick, INTERVAL_MS - (performance.now() % INTERVAL_MS));
    return {
      isLeaderNow: () => service.isLeaderNow(),
      close: () => {
        clearTimeout(timer);
        return service.close();
      },
    };
  };
  await replay(recording, seed, make);
  return twice;
}
