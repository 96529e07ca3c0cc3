import type { ClusterLeader } from '@cluster-leader/core';
import { requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { AgendaBackend, NotificationChannel } from 'agenda';
import { missingMethod, refusal } from './refusal.ts';

/**
 * Which jobs the leader alone takes: all, those of some names, or those whose name the function says true to.
 *
 * While a listed name is that of no job defined here, the leader alone takes all jobs, and a warning says so: a misspelt
 * name must not open the gate.
 */
export type LeaderOnly = 'all' | readonly string[] | ((name: string) => boolean);

export interface GateOptions {
  /** Who says whether this replica leads: a `ClusterLeaderService`, or `fakeLeader()` in tests. */
  readonly leader: ClusterLeader;
  readonly leaderOnly: LeaderOnly;
  /** How old the answer may be by which a job starts, in milliseconds. Default 100; Infinity goes by what is known. */
  readonly maxAgeMs?: number | undefined;
  /**
   * Whether a job that rejects because its term has ended goes back into the queue, for the next leader. Default true;
   * false leaves it failed, so that its `backoff` decides.
   */
  readonly retryOnLoss?: boolean | undefined;
  /** The channel that you would give to Agenda, where it is not the backend's own. Agenda itself must not get one then. */
  readonly notificationChannel?: NotificationChannel | undefined;
}

/** The options as the gate works with them. */
export interface GateRules {
  readonly leader: ClusterLeader;
  readonly isLeaderOnly: (name: string) => boolean;
  /** The names that somebody wrote down, and may have misspelt. */
  readonly listed: readonly string[];
  readonly maxAgeMs: number | undefined;
  readonly retryOnLoss: boolean;
}

const OPTIONS = ['leader', 'leaderOnly', 'maxAgeMs', 'retryOnLoss', 'notificationChannel'];
const LEADER = ['isLeaderNow', 'gate', 'on'];
const BACKEND = ['connect', 'disconnect'];
const REPOSITORY = ['getNextJobToRun', 'saveJobState', 'unlockJob', 'unlockJobs', 'queryJobs', 'saveJob'];
const CHANNEL = ['connect', 'disconnect', 'subscribe', 'publish'];

/** Throws ERR_INVALID_OPTION where the backend lacks what the gate needs. */
export function requireBackend(backend: AgendaBackend): void {
  const missing = missingMethod(backend, BACKEND);
  if (missing !== undefined) throw refusal('backend', backend, `an AgendaBackend, which has ${missing}()`);
  const lacking = missingMethod(backend.repository, REPOSITORY);
  if (lacking !== undefined) throw refusal('backend', backend, `an AgendaBackend, which has repository.${lacking}()`);
  requireChannel('backend.notificationChannel', backend.notificationChannel);
}

/** Throws ERR_INVALID_OPTION naming option, value and rule where an option cannot work. */
export function resolveOptions(options: GateOptions): GateRules {
  requireKnownOptions(options, OPTIONS);
  const { leader, leaderOnly, maxAgeMs, retryOnLoss = true, notificationChannel } = options;
  const missing = missingMethod(leader, LEADER);
  if (missing !== undefined) throw refusal('leader', leader, `a ClusterLeader, which has ${missing}()`);
  // The rule is that of core's gates, which would refuse each single job otherwise.
  if (maxAgeMs !== undefined && maxAgeMs !== 0 && maxAgeMs !== Number.POSITIVE_INFINITY) {
    requireDuration('maxAgeMs', maxAgeMs, ', 0, or Infinity');
  }
  if (typeof retryOnLoss !== 'boolean') throw refusal('retryOnLoss', retryOnLoss, 'true or false');
  requireChannel('notificationChannel', notificationChannel);
  const listed = Array.isArray(leaderOnly) ? leaderOnly : [];
  return { leader, isLeaderOnly: judgeOf(leaderOnly), listed, maxAgeMs, retryOnLoss };
}

function requireChannel(option: string, channel: NotificationChannel | undefined): void {
  const missing = channel === undefined ? undefined : missingMethod(channel, CHANNEL);
  if (missing !== undefined) throw refusal(option, channel, `a NotificationChannel, which has ${missing}()`);
}

function judgeOf(leaderOnly: LeaderOnly): (name: string) => boolean {
  if (leaderOnly === 'all') return () => true;
  if (typeof leaderOnly === 'function') {
    return (name) => {
      const answer: unknown = leaderOnly(name);
      if (typeof answer === 'boolean') return answer;
      throw refusal(`leaderOnly(${JSON.stringify(name)})`, answer, 'true or false');
    };
  }
  if (!Array.isArray(leaderOnly) || leaderOnly.length === 0 || leaderOnly.some((name) => typeof name !== 'string')) {
    throw refusal('leaderOnly', leaderOnly, `'all', a list of at least one job name, or a function of the name`);
  }
  const names = new Set<string>(leaderOnly);
  return (name) => names.has(name);
}
