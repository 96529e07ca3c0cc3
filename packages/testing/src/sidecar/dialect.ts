import type { ElectionTiming } from './election-timing.ts';

/** Every sidecar that an election can imitate. */
export const DIALECTS = ['leader-elector', 'leader-elector-head', 'kkosmrli', 'nais'] as const;

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
  /** Whether the lease expires; if not, it ends with the pod object of its holder. */
  readonly leaseExpires: boolean;
  /** Whether a standby names the holder that its last try found. */
  readonly standbysFollow: boolean;
  /** Whether a leader that was paused beyond its renew deadline allows itself another full one. */
  readonly pauseRestartsDeadline: boolean;
  /** Whether a leader that cannot renew exits at its deadline, even with a request in flight. The deadline then counts from the first try. */
  readonly exitsOnLoss: boolean;
  /** Returns the body of an honest answer. */
  body(claim: Claim): string;
}

const bareName = (claim: Claim): string => JSON.stringify({ name: claim.name });

const leaderElector: DialectTraits = {
  defaults: { leaseDurationMs: 10_000, renewDeadlineMs: 5_000, retryPeriodMs: 2_500 },
  // The type that Go's content sniffing detects for JSON.
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

/** Returns the traits of `dialect`. */
export function traitsOf(dialect: Dialect): DialectTraits {
  return traits[dialect];
}

function toRfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
