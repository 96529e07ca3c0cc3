import type { ElectionTiming } from './election-timing.ts';

/** The sidecars that an election can imitate. */
export const DIALECTS = ['leader-elector', 'leader-elector-head', 'kkosmrli', 'nais'] as const;

/**
 * Which sidecar the candidates behave as.
 *
 * - `leader-elector`: google_containers/leader-elector 0.4 and 0.5. A standby keeps the first leader that it saw, however
 *   long ago that was, and a leader that was paused goes on naming itself for a whole renew deadline.
 * - `leader-elector-head`: the same program at its last commit. Standbys follow with their next try, and a paused leader
 *   corrects itself with its first.
 * - `kkosmrli`: kkosmrli/leader-elector, built on a newer client-go. A leader that cannot renew exits at its deadline and is
 *   restarted `restartDelayMs` later. While the API server is away it then names nobody; after that it names the holder
 *   of the old record, possibly itself, until its next try reads the new one.
 * - `nais`: nais/elector. It answers JSON with `last_update`, streams changes at `/sse`, and leads until its pod object
 *   is deleted.
 */
export type Dialect = (typeof DIALECTS)[number];

/** The leader as one sidecar names it; an empty name if it knows of none. */
export interface Claim {
  readonly name: string;
  readonly changedAt: Date;
}

/** How the programs of the dialects differ. */
export interface DialectTraits {
  /** The program's own defaults; a shorter or longer lease keeps their proportions. */
  readonly defaults: ElectionTiming;
  readonly contentType: string;
  /** `/sse` streams each change; if false, it answers like any other path. */
  readonly streamsEvents: boolean;
  /** The lease expires; if false, it ends with the pod object of its holder. */
  readonly leaseExpires: boolean;
  /** A standby names the holder that its last try found. */
  readonly standbysFollow: boolean;
  /** A leader that wakes after its renew deadline allows itself another whole one. */
  readonly pauseRestartsDeadline: boolean;
  /** A leader that cannot renew exits at its deadline, even if a request is in flight; the deadline counts from its first try. */
  readonly exitsOnLoss: boolean;
  body(claim: Claim): string;
}

const bareName = (claim: Claim): string => JSON.stringify({ name: claim.name });

const leaderElector: DialectTraits = {
  defaults: { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 },
  // What Go's content sniffing makes of JSON.
  contentType: 'text/plain; charset=utf-8',
  streamsEvents: false,
  leaseExpires: true,
  standbysFollow: false,
  pauseRestartsDeadline: true,
  exitsOnLoss: false,
  body: bareName,
};

const traits: Readonly<Record<Dialect, DialectTraits>> = {
  'leader-elector': leaderElector,
  'leader-elector-head': { ...leaderElector, standbysFollow: true, pauseRestartsDeadline: false },
  kkosmrli: {
    ...leaderElector,
    defaults: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
    standbysFollow: true,
    exitsOnLoss: true,
  },
  nais: {
    ...leaderElector,
    contentType: 'application/json',
    streamsEvents: true,
    leaseExpires: false,
    standbysFollow: true,
    body: (claim) =>
      JSON.stringify(claim.name === '' ? {} : { name: claim.name, last_update: toRfc3339(claim.changedAt) }),
  },
};

/** The traits of `dialect`. */
export function traitsOf(dialect: Dialect): DialectTraits {
  return traits[dialect];
}

function toRfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
