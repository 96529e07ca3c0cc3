import { inVirtualTime } from '../virtual-time.ts';
import { RecordedSidecar } from './recorded-sidecar.ts';
import { podsOf, type Recording } from './recording.ts';
import type { Change, Timeline } from './timeline.ts';

/** What the app of one pod holds in its hands: the service, or another client in its place. */
export interface Candidate {
  isLeaderNow(): boolean;
  close(): Promise<void> | void;
}

/** Makes the candidate of one pod, which asks that pod's sidecar. */
export type MakeCandidate = (pod: string, sidecar: RecordedSidecar) => Candidate;

/** Plays a recording to one candidate per pod in virtual time; the seed decides on phases, jitter and latency. */
export function replay(recording: Recording, seed: number, make: MakeCandidate): Promise<Timeline> {
  return inVirtualTime(seed, async (time) => {
    const candidates: { readonly pod: string; readonly candidate: Candidate }[] = [];
    for (const pod of podsOf(recording)) {
      setTimeout(
        () => candidates.push({ pod, candidate: make(pod, new RecordedSidecar(recording, pod)) }),
        1_000 * Math.random(),
      );
    }
    const timeline: Change[] = [{ atMs: 0, leaders: [] }];
    await time.runUntil(recording.endMs, () => {
      const leaders = candidates
        .filter(({ candidate }) => candidate.isLeaderNow())
        .map(({ pod }) => pod)
        .toSorted();
      if (String(leaders) !== String(timeline.at(-1)?.leaders)) timeline.push({ atMs: performance.now(), leaders });
    });
    for (const { candidate } of candidates) await candidate.close();
    return timeline;
  });
}
