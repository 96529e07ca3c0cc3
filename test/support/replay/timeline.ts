import { answersOf, claimsItself, namesSomebody, podsOf, type RecordedAnswer, type Recording } from './recording.ts';

/** The pods that lead from `atMs` until the next change. */
export interface Change {
  readonly atMs: number;
  readonly leaders: readonly string[];
}

/** An interval and the pods it is about. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pods: readonly string[];
}

/** The leaders over a whole replay. */
export type Timeline = readonly Change[];

export function lengthMs({ fromMs, toMs }: Span): number {
  return toMs - fromMs;
}

/** Returns all times at which more than one pod leads. */
export function overlaps(timeline: Timeline, endMs: number): readonly Span[] {
  return spans(timeline, endMs).filter(({ pods }) => pods.length > 1);
}

/** Returns all times at which nobody leads. */
export function vacancies(timeline: Timeline, endMs: number): readonly Span[] {
  return spans(timeline, endMs).filter(({ pods }) => pods.length === 0);
}

/** Returns what remains of some times without others. */
export function without(times: readonly Span[], others: readonly Span[]): readonly Span[] {
  let rest = times;
  for (const { fromMs, toMs } of others) {
    rest = rest
      .flatMap((time) => [
        { ...time, toMs: Math.min(time.toMs, fromMs) },
        { ...time, fromMs: Math.max(time.fromMs, toMs) },
      ])
      .filter((time) => lengthMs(time) > 0);
  }
  return rest;
}

export function totalMs(times: readonly Span[]): number {
  return times.reduce((sum, time) => sum + lengthMs(time), 0);
}

/** Returns for each change from one leader to another how long nobody leads in between. */
export function handOverMs(timeline: Timeline, endMs: number): readonly number[] {
  const times = spans(timeline, endMs).filter(({ fromMs, toMs }) => toMs > fromMs);
  return times.flatMap((vacancy, index) => {
    const [before, after] = [times[index - 1]?.pods ?? [], times[index + 1]?.pods ?? []];
    const isHandOver = vacancy.pods.length === 0 && before.length > 0 && after.length > 0;
    return isHandOver && String(before) !== String(after) ? [lengthMs(vacancy)] : [];
  });
}

/** Returns how often a leader is demoted between two times. */
export function demotions(timeline: Timeline, fromMs: number, toMs: number): number {
  let count = 0;
  timeline.forEach(({ atMs, leaders }, index) => {
    const before = timeline[index - 1]?.leaders ?? [];
    if (atMs > fromMs && atMs <= toMs) count += before.filter((pod) => !leaders.includes(pod)).length;
  });
  return count;
}

/** Returns all times at which one sidecar alone names its own pod, and no pod leads. */
export function leaderless(timeline: Timeline, recording: Recording): readonly Span[] {
  const vacant = vacancies(timeline, recording.endMs);
  const claims = spans(claimsIn(recording), recording.endMs).filter(({ pods }) => pods.length === 1);
  return claims.flatMap(({ pods, ...claim }) =>
    vacant
      .map((vacancy) => ({
        fromMs: Math.max(claim.fromMs, vacancy.fromMs),
        toMs: Math.min(claim.toMs, vacancy.toMs),
        pods,
      }))
      .filter((both) => lengthMs(both) > 0),
  );
}

/**
 * Returns all times at which more than one sidecar names its own pod.
 *
 * Each claim counts for `lingerMs` longer than the sidecar makes it, because a client that polls learns the next answer
 * that much later.
 */
export function doubleClaims(
  recording: Recording,
  lingerMs: (next: RecordedAnswer | undefined) => number,
): readonly Span[] {
  return spans(claimsIn(recording, lingerMs), recording.endMs).filter(({ pods }) => pods.length > 1);
}

/** What a sidecar answered before a claim. */
export interface Interruption {
  /** Whether the sidecar refused or hung right before the claim. */
  readonly isSilence: boolean;
  /** How long the sidecar named nobody before the claim; 0 if it never named anybody. */
  readonly forMs: number;
}

/** Returns what came before the claim that the pod's sidecar makes at `atMs`. */
export function interruptionBefore(recording: Recording, pod: string, atMs: number): Interruption {
  const answers = answersOf(recording, pod);
  const before = answers.slice(0, answers.findLastIndex((answer) => answer.atMs <= atMs) + 1);
  const claimed = before.findLastIndex((answer) => !claimsItself(answer)) + 1;
  const named = before.slice(0, claimed).findLastIndex(namesSomebody);
  const last = before[claimed - 1];
  const forMs = named === -1 ? 0 : (before[claimed]?.atMs ?? atMs) - (before[named + 1]?.atMs ?? atMs);
  return { isSilence: last !== undefined && !('status' in last), forMs };
}

/** Returns the pods whose sidecars name them, at each change. */
function claimsIn(recording: Recording, lingerMs: (next: RecordedAnswer | undefined) => number = () => 0): Timeline {
  const claims = podsOf(recording).flatMap((pod) => {
    const answers = answersOf(recording, pod);
    return answers.flatMap((answer, index) =>
      claimsItself(answer)
        ? [
            {
              pod,
              fromMs: answer.atMs,
              toMs: (answers[index + 1]?.atMs ?? recording.endMs) + lingerMs(answers[index + 1]),
            },
          ]
        : [],
    );
  });
  const times = new Set([...recording.answers.map(({ atMs }) => atMs), ...claims.map(({ toMs }) => toMs)]);
  const changes = [...times].filter((atMs) => atMs < recording.endMs).toSorted((one, other) => one - other);
  return changes.map((atMs) => {
    const leaders = claims.filter(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs).map(({ pod }) => pod);
    return { atMs, leaders: [...new Set(leaders)] };
  });
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
