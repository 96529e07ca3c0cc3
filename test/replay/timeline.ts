import { answersOf, claimsItself, podsOf, type Recording } from './recording.ts';

/** Who stood as leader, from `atMs` until the next change. */
export interface Change {
  readonly atMs: number;
  readonly leaders: readonly string[];
}

/** A stretch of time with the pods that it is about. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pods: readonly string[];
}

/** What became of a whole recording. */
export type Timeline = readonly Change[];

export function lengthMs({ fromMs, toMs }: Span): number {
  return toMs - fromMs;
}

/** All times at which more than one pod stood as leader. */
export function overlaps(timeline: Timeline, endMs: number): readonly Span[] {
  return spans(timeline, endMs).filter(({ pods }) => pods.length > 1);
}

/** How often a standing leader ceased to be one between two moments. */
export function demotions(timeline: Timeline, fromMs: number, toMs: number): number {
  let count = 0;
  timeline.forEach(({ atMs, leaders }, index) => {
    const before = timeline[index - 1]?.leaders ?? [];
    if (atMs > fromMs && atMs <= toMs) count += before.filter((pod) => !leaders.includes(pod)).length;
  });
  return count;
}

/** All times at which one sidecar alone named its own pod, and no pod stood as leader. */
export function leaderless(timeline: Timeline, recording: Recording): readonly Span[] {
  const vacancies = spans(timeline, recording.endMs).filter(({ pods }) => pods.length === 0);
  const claims = spans(claimsIn(recording), recording.endMs).filter(({ pods }) => pods.length === 1);
  return claims.flatMap(({ pods, ...claim }) =>
    vacancies
      .map((vacancy) => ({
        fromMs: Math.max(claim.fromMs, vacancy.fromMs),
        toMs: Math.min(claim.toMs, vacancy.toMs),
        pods,
      }))
      .filter((both) => lengthMs(both) > 0),
  );
}

/** All times at which more than one sidecar named its own pod. */
export function doubleClaims(recording: Recording): readonly Span[] {
  return spans(claimsIn(recording), recording.endMs).filter(({ pods }) => pods.length > 1);
}

/** A time in which a sidecar could not be asked. */
export interface Silence {
  readonly forMs: number;
  /** Whether it had not answered before. */
  readonly isFirst: boolean;
}

/** The silence of the pod's sidecar that ended at `atMs` or at most `shortlyMs` before. */
export function silenceBefore(recording: Recording, pod: string, atMs: number, shortlyMs: number): Silence | undefined {
  const answers = answersOf(recording, pod);
  const index = answers.findLastIndex((answer, at) => {
    const endMs = answers[at + 1]?.atMs ?? Infinity;
    return !('status' in answer) && endMs <= atMs && endMs >= atMs - shortlyMs;
  });
  const [silence, end] = [answers[index], answers[index + 1]];
  if (silence === undefined || end === undefined) return undefined;
  const isFirst = !answers.slice(0, index).some((answer) => 'status' in answer);
  return { forMs: end.atMs - silence.atMs, isFirst };
}

/** Which sidecars named their own pod, at each change of that. */
function claimsIn(recording: Recording): Timeline {
  const pods = podsOf(recording).map((pod) => ({ pod, answers: answersOf(recording, pod) }));
  const times = [...new Set(recording.answers.map(({ atMs }) => atMs))].toSorted((one, other) => one - other);
  return times.map((atMs) => ({
    atMs,
    leaders: pods
      .filter(({ answers }) => claimsItself(answers.findLast((answer) => answer.atMs <= atMs)))
      .map(({ pod }) => pod),
  }));
}

function spans(timeline: Timeline, endMs: number): readonly Span[] {
  const joined: { fromMs: number; toMs: number; pods: readonly string[] }[] = [];
  timeline.forEach(({ atMs, leaders }, index) => {
    const last = joined.at(-1);
    const toMs = timeline[index + 1]?.atMs ?? endMs;
    if (last !== undefined && String(last.pods) === String(leaders)) last.toMs = toMs;
    else joined.push({ fromMs: atMs, toMs, pods: leaders });
  });
  return joined;
}
