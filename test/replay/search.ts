import { onePollMs, violations } from './admitted.ts';
import { timingOf, type Recording } from './recording.ts';
import { replay, type MakeCandidate } from './replay.ts';
import { demotions, interruptionBefore, leaderless, lengthMs, overlaps, type Timeline } from './timeline.ts';

/** Everything in a replay that must not be. */
export type Judge = (timeline: Timeline, recording: Recording) => readonly unknown[];

/** All times in which two pods lead and the design does not admit it. */
export const twoLead: Judge = (timeline, recording) => violations(overlaps(timeline, recording.endMs), recording);

/** All times in which a sidecar alone claims its pod and no pod leads, for longer than it takes to learn of it. */
export const nobodyLeads: Judge = (timeline, recording) => {
  const { maxAgeMs, requestTimeoutMs, settleMs } = timingOf(recording);
  const pollMs = onePollMs(recording);
  return leaderless(timeline, recording).filter((span) => {
    const [pod = ''] = span.pods;
    const { isSilence, forMs } = interruptionBefore(recording, pod, span.fromMs);
    // A check that fails may have been in its longest pause between two attempts when the sidecar came back.
    const newsMs = pollMs + (isSilence ? requestTimeoutMs : 0);
    // After a gap the answer that settles a claim comes up to one poll after it could.
    const isGap = forMs + 2 * pollMs >= maxAgeMs;
    return lengthMs(span) > newsMs + (isGap ? settleMs + pollMs : 0);
  });
};

/** All terms that end although the sidecar only restarts: it refuses for a moment, then names nobody for another. */
export const restartEndsTerm: Judge = (timeline, { endMs }) => Array.from({ length: demotions(timeline, 0, endMs) });

/** Replays with one seed after another, and returns the first with something that must not be; undefined if none has. */
export async function firstGuilty(
  recordingOf: (seed: number) => Recording,
  make: MakeCandidate,
  judge: Judge,
  seeds: number,
): Promise<{ readonly seed: number; readonly found: readonly unknown[] } | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const recording = recordingOf(seed);
    const found = judge(await replay(recording, seed, make), recording);
    if (found.length > 0) return { seed, found };
  }
  return undefined;
}
