import { answersOf, markedAtMs, podsOf, type Recording } from './recording.ts';
import { doubleClaims, overlaps, type Span, type Timeline } from './timeline.ts';

/** The promises are counted in these. */
export interface Bounds {
  readonly pollIntervalMs: number;
  readonly requestMs: number;
}

/** Polls come up to a tenth late, and then the answer takes its time. */
export function onePollMs({ pollIntervalMs, requestMs }: Bounds): number {
  return 1.1 * pollIntervalMs + requestMs;
}

/** A time in which two leaders are admitted, for a reason that no client of the sidecars can see or help. */
interface Admission {
  readonly why: string;
  readonly during: (recording: Recording, bounds: Bounds) => Span;
}

/** The leader's sidecar, cut off from the API server, goes on claiming until it is healed: then one poll ends it. */
const BLACK_HOLE: Admission = {
  why: 'only the path from the leader to the API server is cut',
  during: (recording, bounds) => {
    const cutAtMs = markedAtMs(recording, 'black-hole');
    const both = doubleClaims(recording).find(({ fromMs }) => fromMs > cutAtMs);
    if (both === undefined) throw new Error('Nobody took over.');
    return { ...both, toMs: both.toMs + onePollMs(bounds) };
  },
};

/** Another is leader at once, without the wait for a lease to expire, so the old one has one poll to learn of it. */
function handOver(event: string): Admission {
  return {
    why: event,
    during: (recording, bounds) => {
      const fromMs = firstChangeMs(recording, markedAtMs(recording, event));
      return { fromMs, toMs: fromMs + onePollMs(bounds), pods: podsOf(recording) };
    },
  };
}

const ADMISSIONS: Readonly<Record<string, readonly Admission[]>> = {
  '0.5': [BLACK_HOLE],
  head: [BLACK_HOLE],
  instana: [BLACK_HOLE],
  'nais-handover': [
    'Lease deleted by hand',
    'Lease deleted again (1)',
    'Lease deleted again (2)',
    'Lease deleted again (3)',
    'force-deleted',
  ].map(handOver),
};

/** All times at which two led and the design does not admit it. */
export function violations(name: string, timeline: Timeline, recording: Recording, bounds: Bounds): readonly Span[] {
  const admitted = (ADMISSIONS[name] ?? []).map(({ during }) => during(recording, bounds));
  return overlaps(timeline, recording.endMs).filter(
    (overlap) => !admitted.some(({ fromMs, toMs }) => fromMs <= overlap.fromMs && overlap.toMs <= toMs),
  );
}

function firstChangeMs(recording: Recording, afterMs: number): number {
  const changes = podsOf(recording).flatMap((pod) => answersOf(recording, pod).map(({ atMs }) => atMs));
  return Math.min(...changes.filter((atMs) => atMs >= afterMs));
}
