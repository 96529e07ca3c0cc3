import type { RecordedSidecar } from '../support/replay/recorded-sidecar.ts';
import type { Recording } from '../support/replay/recording.ts';
import { replay, type Candidate } from '../support/replay/replay.ts';
import { newService } from '../support/replay/services.ts';
import type { Span } from '../support/replay/timeline.ts';

const INTERVAL_MS = 1_000;

/** Replays a recording to apps that run the same job each second with `runIfLeader`. Returns the slots that ran twice. */
export async function slotsRunTwice(recording: Recording, seed: number): Promise<readonly Span[]> {
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
