import { seededRandom } from '../support/virtual-time.ts';
import type { RecordedAnswer, Recording } from '../support/replay/recording.ts';

/**
 * Recordings that are computed by the rules of client-go's elections, for faults that the measured recordings contain too
 * rarely, or not in their worst form. The seed determines the phases.
 */

/** The settings of a sidecar that is built on client-go. */
interface LeaseTiming {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

const CONTRIB: LeaseTiming = { leaseMs: 10_000, renewDeadlineMs: 5_000, retryMs: 2_500 };
const KKOSMRLI: LeaseTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
/** A standby reads the lease each retry period, plus a random part of up to 1.2 retry periods. */
const RETRY_JITTER = 1.2;

/**
 * The leader's sidecar loses its path to the API server, gives up at the renew deadline and exits. A standby takes over
 * one lease after it saw the last renewal, which is the shortest time that client-go allows between two claims.
 */
export function leaderLosesItsApiServer(seed: number): Recording {
  const random = seededRandom(seed);
  const lastRenewalMs = 20_000 + CONTRIB.retryMs * random();
  const standbys = ['pod-2', 'pod-3'].map((pod) => ({ pod, takesOverMs: takeOverMs(lastRenewalMs, CONTRIB, random) }));
  const [winner, loser] = standbys.toSorted((one, other) => one.takesOverMs - other.takesOverMs);
  if (winner === undefined || loser === undefined) throw new Error('The model needs two standbys.');
  return {
    sidecar: 'head',
    endMs: 60_000,
    marks: [{ atMs: lastRenewalMs, event: 'the last renewal' }],
    answers: [
      ...['pod-1', 'pod-2', 'pod-3'].map((pod) => names(0, pod, 'pod-1')),
      { atMs: lastRenewalMs + CONTRIB.renewDeadlineMs, pod: 'pod-1', refused: true },
      names(winner.takesOverMs, winner.pod, winner.pod),
      names(loser.takesOverMs, loser.pod, winner.pod),
    ],
  };
}

/**
 * The same with a newer client-go, which counts its renew deadline from the next attempt, one retry period after the last
 * renewal. The standby reads the lease at the moment at which it expires.
 */
export function kkosmrliLosesItsApiServer(): Recording {
  const lastRenewalMs = 10_000;
  const { leaseMs, renewDeadlineMs, retryMs } = KKOSMRLI;
  return {
    sidecar: 'kkosmrli',
    endMs: 40_000,
    marks: [{ atMs: lastRenewalMs, event: 'the last renewal' }],
    answers: [
      ...['pod-1', 'pod-2'].map((pod) => names(0, pod, 'pod-1')),
      { atMs: lastRenewalMs + retryMs + renewDeadlineMs, pod: 'pod-1', refused: true },
      names(lastRenewalMs + leaseMs, 'pod-2', 'pod-2'),
    ],
  };
}

/** The leader's sidecar is stopped for 20 s, and then claims until its renew deadline, as kkosmrli was measured to do. */
export function leaderPauses(seed: number): Recording {
  const random = seededRandom(seed);
  const lastRenewalMs = 20_000;
  const stopsMs = lastRenewalMs + KKOSMRLI.retryMs * random();
  const continuesMs = stopsMs + 20_000;
  const takesOverMs = Math.min(continuesMs, takeOverMs(lastRenewalMs, KKOSMRLI, random));
  return {
    sidecar: 'kkosmrli',
    endMs: 80_000,
    marks: [{ atMs: stopsMs, event: 'STOP' }],
    answers: [
      ...['pod-1', 'pod-2'].map((pod) => names(0, pod, 'pod-1')),
      { atMs: stopsMs, pod: 'pod-1', hangs: true },
      names(takesOverMs, 'pod-2', 'pod-2'),
      names(continuesMs, 'pod-1', 'pod-1'),
      names(continuesMs + KKOSMRLI.renewDeadlineMs, 'pod-1', 'pod-2'),
    ],
  };
}

/** rkrmr33's sidecar answers only at `/api/leader`, but is asked at `/`. */
export function wrongPath(): Recording {
  const pods = ['pod-1', 'pod-2', 'pod-3'];
  const answers = pods.map((pod) => ({ atMs: 0, pod, status: 404, body: '404 page not found\n' }));
  return { sidecar: 'rkrmr33', endMs: 20_000, marks: [], answers };
}

/** Returns when a standby first reads a lease that it has seen unrenewed for its whole duration. */
function takeOverMs(lastRenewalMs: number, { leaseMs, retryMs }: LeaseTiming, random: () => number): number {
  const next = (ms: number): number => ms + retryMs * (1 + RETRY_JITTER * random());
  const seenMs = lastRenewalMs + next(0) * random();
  let looksMs = seenMs;
  while (looksMs < seenMs + leaseMs) looksMs = next(looksMs);
  return looksMs;
}

function names(atMs: number, pod: string, leader: string): RecordedAnswer {
  return { atMs, pod, status: 200, body: JSON.stringify({ name: leader }) };
}
