import { LONGEST_TRIP_MS } from './recorded-sidecar.ts';
import { namesSomebody, timingOf, type RecordedAnswer, type Recording } from './recording.ts';
import { doubleClaims, lengthMs, type Span } from './timeline.ts';

/** A leader that receives an answer without a name asks again after this share of the lease. */
const DOUBT_SHARE = 0.025;

/** A fault of the cluster, by the marks at which it begins and ends; without `ends` it lasts until the next mark. */
interface Fault {
  readonly begins: RegExp;
  readonly ends?: RegExp;
}

type FaultName =
  | 'black hole of the leader'
  | 'leader cut off by resets'
  | 'leader alone slow'
  | 'lock deleted'
  | 'pod object deleted';

const FAULTS: Readonly<Record<FaultName, Fault>> = {
  'black hole of the leader': { begins: /black-hole/, ends: /healed/ },
  'leader cut off by resets': { begins: /cut off by reset/, ends: /healed/ },
  'leader alone slow': { begins: /slow for the leader alone/, ends: /fast again/ },
  'lock deleted': { begins: /[Ll]ease deleted|lock object deleted/ },
  'pod object deleted': { begins: /Pod object .* force-deleted/ },
};

/** A time in which two pods may lead: the sidecars of both claim them, and no client can tell which one is wrong. */
export interface Window {
  readonly sidecar: string;
  readonly fault: FaultName;
  /** The longest one recorded, including the poll that ends it, rounded up to 100 ms. */
  readonly longestMs: number;
}

/** All such windows. `docs/guarantees.md` names each one. */
export const ADMITTED: readonly Window[] = [
  { sidecar: '0.5', fault: 'black hole of the leader', longestMs: 109_500 }, // until it is healed after 120 s
  { sidecar: 'head', fault: 'black hole of the leader', longestMs: 109_100 }, // until it is healed after 120 s
  { sidecar: 'head', fault: 'lock deleted', longestMs: 3_400 },
  { sidecar: 'instana', fault: 'black hole of the leader', longestMs: 109_000 }, // until it is healed after 120 s
  { sidecar: 'krmcbride', fault: 'black hole of the leader', longestMs: 35_000 },
  { sidecar: 'krmcbride', fault: 'leader cut off by resets', longestMs: 5_400 },
  { sidecar: 'nais', fault: 'lock deleted', longestMs: 1_000 },
  { sidecar: 'nais', fault: 'pod object deleted', longestMs: 900 },
  { sidecar: 'vapor', fault: 'black hole of the leader', longestMs: 51_600 }, // until it is healed after 60 s
  { sidecar: 'vapor', fault: 'leader alone slow', longestMs: 12_500 },
  { sidecar: 'vapor', fault: 'lock deleted', longestMs: 4_600 },
];

/** Returns how long a change can take to reach a service with default settings: a late poll, and its round trip. */
export function onePollMs(recording: Recording): number {
  return 1.1 * timingOf(recording).pollIntervalMs + LONGEST_TRIP_MS;
}

/** Returns how long an answer can take to demote a leader. A leader asks again before it trusts one without a name. */
function demotionMs(recording: Recording, answer: RecordedAnswer | undefined): number {
  const isNameless = answer !== undefined && 'status' in answer && !namesSomebody(answer);
  const { leaseDurationMs } = timingOf(recording);
  return onePollMs(recording) + (isNameless ? DOUBT_SHARE * leaseDurationMs + LONGEST_TRIP_MS : 0);
}

/** Returns the overlaps outside of the admitted windows. A window ends one poll after the sidecars' double claim. */
export function violations(overlaps: readonly Span[], recording: Recording): readonly Span[] {
  const admitted = ADMITTED.flatMap((window) =>
    claimsIn(window, recording).filter((claim) => lengthMs(claim) <= window.longestMs),
  );
  return overlaps.filter(
    (overlap) => !admitted.some(({ fromMs, toMs }) => fromMs <= overlap.fromMs && overlap.toMs <= toMs),
  );
}

/** Returns the longest time for which the recorded sidecars let two pods lead in such a window. */
export function longestMs(window: Window, recordings: readonly Recording[]): number {
  return Math.max(0, ...recordings.flatMap((recording) => claimsIn(window, recording)).map(lengthMs));
}

/** All times at which the sidecars claim two pods because of the fault, each with the poll that ends it. */
function claimsIn({ sidecar, fault }: Window, recording: Recording): readonly Span[] {
  if (sidecar !== recording.sidecar) return [];
  const { begins, ends = /(?:)/ } = FAULTS[fault];
  const { marks, endMs } = recording;
  const times = marks.flatMap(({ event, atMs }, index) => {
    const end = marks.slice(index + 1).find((mark) => ends.test(mark.event));
    return begins.test(event) ? [{ fromMs: atMs, toMs: end?.atMs ?? endMs }] : [];
  });
  return doubleClaims(recording, (next) => demotionMs(recording, next)).filter((claim) =>
    times.some(({ fromMs, toMs }) => fromMs <= claim.fromMs && claim.fromMs < toMs),
  );
}
