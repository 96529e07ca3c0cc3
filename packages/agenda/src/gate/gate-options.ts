import type { ClusterLeader } from '@cluster-leader/core';
import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { AgendaBackend, NotificationChannel } from 'agenda';

/**
 * Which jobs only the leader takes: all, those with a listed name, or those for whose name the function returns true.
 *
 * While the list contains a name that no job here has, only the leader takes jobs, of any name, and a warning is printed:
 * a typo must not let followers run a leader-only job.
 */
export type LeaderOnly = 'all' | readonly string[] | ((name: string) => boolean);

/** Options of {@link gateBackend}. */
export interface GateOptions {
  /** Decides whether this replica leads: a `ClusterLeaderService`, or `fakeLeader()` in tests. */
  readonly leader: ClusterLeader;
  readonly leaderOnly: LeaderOnly;
  /**
   * Maximum age of the sidecar's answer when a job starts, in milliseconds. Default 100; Infinity starts jobs on the
   * standing that is known, without a request.
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * Whether a job that rejects because its term has ended goes back into the queue, for the next leader. Default true.
   * If false the job has failed, and its `backoff` decides.
   */
  readonly retryOnLoss?: boolean | undefined;
  /** A channel that replaces the backend's own. Pass it here and not to Agenda. */
  readonly notificationChannel?: NotificationChannel | undefined;
}

/** The options after validation. */
export interface GateRules {
  readonly leader: ClusterLeader;
  readonly isLeaderOnly: (name: string) => boolean;
  /** The names that `leaderOnly` lists; they may contain typos. */
  readonly listed: readonly string[];
  readonly maxAgeMs: number | undefined;
  readonly retryOnLoss: boolean;
}

const OPTIONS = ['leader', 'leaderOnly', 'maxAgeMs', 'retryOnLoss', 'notificationChannel'];
const LEADER = ['isLeaderNow', 'gate', 'on'];
const BACKEND = ['connect', 'disconnect'];
const REPOSITORY = ['getNextJobToRun', 'saveJobState', 'unlockJob', 'unlockJobs', 'queryJobs', 'saveJob'];
const CHANNEL = ['connect', 'disconnect', 'subscribe', 'publish'];

/** Throws ERR_INVALID_OPTION if the backend lacks a method that the gate needs. */
export function requireBackend(backend: AgendaBackend): void {
  const missing = missingMethod(backend, BACKEND);
  if (missing !== undefined) throw invalidOption('backend', backend, `an AgendaBackend, which has ${missing}()`);
  const lacking = missingMethod(backend.repository, REPOSITORY);
  if (lacking !== undefined) {
    throw invalidOption('backend', backend, `an AgendaBackend, which has repository.${lacking}()`);
  }
  requireChannel('backend.notificationChannel', backend.notificationChannel);
}

/** Returns the options with their defaults; throws ERR_INVALID_OPTION, with name, value and rule, if one cannot work. */
export function resolveOptions(options: GateOptions): GateRules {
  const own = requireKnownOptions(options, OPTIONS);
  const { leader, leaderOnly, maxAgeMs, retryOnLoss = true, notificationChannel } = own;
  const missing = missingMethod(leader, LEADER);
  if (missing !== undefined) throw invalidOption('leader', leader, `a ClusterLeader, which has ${missing}()`);
  // Core's gate has the same rule, but would apply it at the first job only.
  if (maxAgeMs !== undefined && maxAgeMs !== 0 && maxAgeMs !== Number.POSITIVE_INFINITY) {
    requireDuration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
  }
  if (typeof retryOnLoss !== 'boolean') throw invalidOption('retryOnLoss', retryOnLoss, 'true or false');
  requireChannel('notificationChannel', notificationChannel);
  const listed = Array.isArray(leaderOnly) ? leaderOnly : [];
  return { leader, isLeaderOnly: predicateOf(leaderOnly), listed, maxAgeMs, retryOnLoss };
}

function requireChannel(option: string, channel: NotificationChannel | undefined): void {
  const missing = channel === undefined ? undefined : missingMethod(channel, CHANNEL);
  if (missing !== undefined) throw invalidOption(option, channel, `a NotificationChannel, which has ${missing}()`);
}

/** The first of `methods` that `value` lacks. */
function missingMethod(value: unknown, methods: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return methods[0];
  return methods.find((method) => typeof Reflect.get(value, method) !== 'function');
}

function predicateOf(leaderOnly: LeaderOnly): (name: string) => boolean {
  if (leaderOnly === 'all') return () => true;
  if (typeof leaderOnly === 'function') {
    return (name) => {
      const result: unknown = leaderOnly(name);
      if (typeof result === 'boolean') return result;
      throw invalidOption(`leaderOnly(${JSON.stringify(name)})`, result, 'true or false');
    };
  }
  if (!Array.isArray(leaderOnly) || leaderOnly.length === 0 || leaderOnly.some((name) => typeof name !== 'string')) {
    throw invalidOption('leaderOnly', leaderOnly, `'all', a list of at least one job name, or a function of the name`);
  }
  const names = new Set<string>(leaderOnly);
  return (name) => names.has(name);
}
