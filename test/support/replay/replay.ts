import { inVirtualTime } from '../virtual-time.ts';
import { RecordedSidecar } from './recorded-sidecar.ts';
import { lifeOf, podsOf, type Recording } from './recording.ts';
import type { Change, Timeline } from './timeline.ts';

/** The client in one pod's app: the service, or a control in its place. */
export interface Candidate {
  isLeaderNow(): boolean;
  close(): Promise<void> | void;
}

/** Makes the candidate of one pod, which asks that pod's sidecar. */
export type MakeCandidate = (pod: string, sidecar: RecordedSidecar) => Candidate;

/** Replays a recording to one candidate per pod in virtual time. The seed determines phases, jitter and latency. */
export function replay(recording: Recording, seed: number, make: MakeCandidate): Promise<Timeline> {
  return inVirtualTime(seed, async (time) => {
    const candidates = new Map<string, Candidate>();
    for (const pod of podsOf(recording)) {
      const { fromMs, toMs } = lifeOf(recording, pod);
      const start = (): void => void candidates.set(pod, make(pod, new RecordedSidecar(recording, pod)));
      setTimeout(start, fromMs + 1_000 * Math.random());
      if (toMs < recording.endMs) setTimeout(() => void candidates.get(pod)?.close(), toMs);
    }
    const timeline: Change[] = [{ atMs: 0, leaders: [] }];
    await time.runUntil(recording.endMs, () => {
      const leaders = [...candidates].filter(([, candidate]) => candidate.isLeaderNow()).map(([pod]) => pod);
      if (String(leaders.toSorted()) === String(timeline.at(-1)?.leaders)) return;
      timeline.push({ atMs: performance.now(), leaders: leaders.toSorted() });
    });
    for (const candidate of candidates.values()) await candidate.close();
    return timeline;
  });
}
