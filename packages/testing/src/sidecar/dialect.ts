import type { LockKind } from '../lock/lock-object.ts';
import type { LockHabits } from '../lock/next-content.ts';
import type { ElectionTiming } from './election-timing.ts';

/** Every sidecar that an election can imitate. */
export const DIALECTS = ['leader-elector', 'leader-elector-head', 'kkosmrli', 'nais', 'krmcbride', 'vapor'] as const;

/**
 * Which sidecar the candidates behave as.
 *
 * - `leader-elector`: google_containers/leader-elector 0.4 and 0.5. A standby keeps naming the first leader that it saw,
 *   and a leader that was paused keeps naming itself for a full renew deadline.
 * - `leader-elector-head`: the last commit of the same program. A standby names a new leader after its next try, and a
 *   leader that was paused corrects itself with its first try.
 * - `kkosmrli`: kkosmrli/leader-elector, built on a newer client-go. A leader that cannot renew exits at its deadline and is
 *   restarted `restartDelayMs` later. It then names nobody while the API server is unreachable. Once that is back, it
 *   names the holder in the old record, possibly itself, until its next try reads the new one.
 * - `nais`: nais/elector. It answers JSON with `last_update`, streams changes at `/sse`, and leads until its pod object
 *   is deleted.
 * - `krmcbride`: krmcbride/k8s-leader-elector. A leader that cannot renew claims until 1.5 leases after its last renewal,
 *   beside a new leader towards the end, and in a black hole for 4.5 leases.
 * - `vapor`: vapor-ware/k8s-elector. A leader that cannot renew claims until it reads another name. SIGTERM releases the
 *   lock at once, while the app may still run.
 */
export type Dialect = (typeof DIALECTS)[number];

/** The leader that one sidecar names; the name is empty if it knows of none. */
export interface Claim {
  readonly name: string;
  readonly changedAt: Date;
}

/** How the programs of the dialects differ. */
export interface DialectTraits {
  /** The program's own defaults. Another lease duration scales the other two. */
  readonly defaults: ElectionTiming;
  readonly contentType: string;
  /** Whether `/sse` streams each change; if not, it is a path like any other. */
  readonly streamsEvents: boolean;
  /** The kind of object on which it locks. */
  readonly lockKind: LockKind;
  /** How it writes the lock. */
  readonly lock: LockHabits;
  /** Whether the lock expires; if not, it ends with the pod object of its holder. */
  readonly leaseExpires: boolean;
  /** Whether a standby names the holder that its last try found. */
  readonly standbysFollow: boolean;
  /** Whether a leader that was paused beyond its renew deadline allows itself another full one. */
  readonly pauseRestartsDeadline: boolean;
  /** Whether the renew deadline counts from the first try after a renewal; if not, from the renewal. */
  readonly deadlineCountsFromTry: boolean;
  /** Whether a leader that cannot renew exits at its deadline, even with a request in flight. */
  readonly exitsOnLoss: boolean;
  /** What a leader that could not renew names: nobody at once, the holder that it then reads, or itself as before. */
  readonly afterLoss: 'nobody' | 'holder' | 'itself';
  /** How long after its last renewal a leader that cannot renew notices it at the earliest, in leases. */
  readonly lossNoticedLeases: number;
  /** Whether SIGTERM releases the lock. */
  readonly releasesOnTerm: boolean;
  /** After how many leases a request to the API server fails without an answer; absent if never. */
  readonly requestTimeoutLeases?: number;
  /** Returns the body of an honest answer of the sidecar of `self`. */
  body(claim: Claim, self: string): string;
}

const bareName = (claim: Claim): string => JSON.stringify({ name: claim.name });

const leaderElector: DialectTraits = {
  defaults: { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 },
  // The type that Go's content sniffing detects for JSON.
  contentType: 'text/plain; charset=utf-8',
  streamsEvents: false,
  lockKind: 'Endpoints',
  lock: { usualLeaseMs: 10_000, isLease: false, forgetsTransitions: true },
  leaseExpires: true,
  standbysFollow: false,
  pauseRestartsDeadline: true,
  deadlineCountsFromTry: false,
  exitsOnLoss: false,
  afterLoss: 'holder',
  lossNoticedLeases: 0,
  releasesOnTerm: false,
  body: bareName,
};

const lease: LockHabits = { usualLeaseMs: 10_000, isLease: true, forgetsTransitions: false };

const krmcbride: DialectTraits = {
  ...leaderElector,
  contentType: 'application/json',
  lockKind: 'Lease',
  lock: lease,
  standbysFollow: true,
  deadlineCountsFromTry: true,
  afterLoss: 'nobody',
  lossNoticedLeases: 1.5,
  // A client over HTTP/2 asks the connection for a sign of life after 30 s, and waits 15 s for it.
  requestTimeoutLeases: 4.5,
};

const traits: Readonly<Record<Dialect, DialectTraits>> = {
  'leader-elector': leaderElector,
  'leader-elector-head': { ...leaderElector, standbysFollow: true, pauseRestartsDeadline: false },
  kkosmrli: {
    ...leaderElector,
    defaults: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
    lockKind: 'ConfigMap',
    lock: { usualLeaseMs: 15_000, isLease: false, forgetsTransitions: false },
    standbysFollow: true,
    deadlineCountsFromTry: true,
    exitsOnLoss: true,
  },
  nais: {
    ...leaderElector,
    contentType: 'application/json',
    streamsEvents: true,
    lockKind: 'Lease',
    lock: lease,
    leaseExpires: false,
    standbysFollow: true,
    body: (claim) =>
      JSON.stringify(claim.name === '' ? {} : { name: claim.name, last_update: toRfc3339(claim.changedAt) }),
  },
  krmcbride,
  vapor: {
    ...krmcbride,
    defaults: { leaseDurationMs: 10_000, renewDeadlineMs: 3_300, retryPeriodMs: 1_700 },
    afterLoss: 'itself',
    releasesOnTerm: true,
    body: ({ name: leader }, node) =>
      JSON.stringify({ is_leader: leader === node, leader, node, timestamp: new Date().toISOString() }),
  },
};

/** Returns the traits of `dialect`. */
export function traitsOf(dialect: Dialect): DialectTraits {
  return traits[dialect];
}

function toRfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
