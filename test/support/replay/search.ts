import { onePollMs, violations } from './admitted.ts';
import { timingOf, type Recording } from './recording.ts';
import { replay, type MakeCandidate } from './replay.ts';
import { demotions, interruptionBefore, leaderless, lengthMs, overlaps, type Timeline } from './timeline.ts';

/** Returns everything in a replay that must not happen. */
export type Judge = (timeline: Timeline, recording: Recording) => readonly unknown[];

/** Returns all times at which two pods lead outside of the admitted windows. */
export const twoLead: Judge = (timeline, recording) => violations(overlaps(timeline, recording.endMs), recording);

/** Returns all times at which one sidecar alone claims its pod, and no pod leads for longer than it needs to learn it. */
export const nobodyLeads: Judge = (timeline, recording) => {
  const { maxAgeMs, requestTimeoutMs, settleMs } = timingOf(recording);
  const pollMs = onePollMs(recording);
  return leaderless(timeline, recording).filter((span) => {
    const [pod = ''] = span.pods;
    const { isSilence, forMs } = interruptionBefore(recording, pod, span.fromMs);
    // A failing check may be in its longest delay between two attempts when the sidecar comes back.
    const newsMs = pollMs + (isSilence ? requestTimeoutMs : 0);
    // After a gap, the answer that settles a claim can arrive one poll late.
    const isGap = forMs + 2 * pollMs >= maxAgeMs;
    return lengthMs(span) > newsMs + (isGap ? settleMs + pollMs : 0);
  });
};

/** Returns all terms that end although the sidecar only restarts: it refuses briefly, then briefly names nobody. */
export const restartEndsTerm: Judge = (timeline, { endMs }) => Array.from({ length: demotions(timeline, 0, endMs) });

/** Replays with one seed after another, and returns the first that fails the judge; undefined if none does. */
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
