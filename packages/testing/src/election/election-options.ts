import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { DIALECTS, traitsOf } from '../sidecar/dialect.ts';
import type { Dialect } from '../sidecar/dialect.ts';
import { JITTER_FACTOR, type ElectionTiming } from '../sidecar/election-timing.ts';

/** How an election is held. Everything has a default. */
export interface ElectionOptions {
  /** How many candidates, named `pod-1`, `pod-2`, ..., or their names. Default 3. */
  readonly candidates?: number | readonly string[] | undefined;
  /** How long a lease stands after it was last seen to be renewed. Default 10 000; 15 000 for `kkosmrli`. */
  readonly leaseDurationMs?: number | undefined;
  /** How long a leader goes on trying to renew before it stops leading. Default half the lease; two thirds for `kkosmrli`. */
  readonly renewDeadlineMs?: number | undefined;
  /** The time between two tries to acquire or renew. Default a quarter of the lease; two fifteenths for `kkosmrli`. */
  readonly retryPeriodMs?: number | undefined;
  /** How long after a sidecar has exited by itself it is restarted, as a kubelet does. Default a twentieth of the lease. */
  readonly restartDelayMs?: number | undefined;
  /** Which sidecar the candidates behave as. Default `leader-elector`. */
  readonly dialect?: Dialect | undefined;
  /** Runs every sidecar as an operating system process of its own. Default false. */
  readonly processes?: boolean | undefined;
}

/** Options with their defaults filled in, known not to contradict each other. */
export interface ElectionSettings {
  readonly names: readonly string[];
  readonly timing: ElectionTiming;
  readonly restartDelayMs: number;
  readonly dialect: Dialect;
  readonly processes: boolean;
}

const OPTIONS: Readonly<Record<keyof ElectionOptions, true>> = {
  candidates: true,
  leaseDurationMs: true,
  renewDeadlineMs: true,
  retryPeriodMs: true,
  restartDelayMs: true,
  dialect: true,
  processes: true,
};

/** Fills in the defaults; throws ERR_INVALID_OPTION, which names option, value and rule. */
export function resolveOptions(options: ElectionOptions): ElectionSettings {
  requireKnownOptions(options, Object.keys(OPTIONS));
  const { candidates = 3, dialect = 'leader-elector', processes = false } = options;
  if (!DIALECTS.includes(dialect)) throw invalidOption('dialect', dialect, `one of ${DIALECTS.join(', ')}`);
  if (typeof processes !== 'boolean') throw invalidOption('processes', processes, 'true or false');
  const timing = resolveTiming(options, traitsOf(dialect).defaults);
  const { restartDelayMs = timing.leaseDurationMs / 20 } = options;
  requireDuration('restartDelayMs', restartDelayMs);
  return { names: resolveNames(candidates), timing, restartDelayMs, dialect, processes };
}

function resolveTiming(options: ElectionOptions, defaults: ElectionTiming): ElectionTiming {
  const { leaseDurationMs = defaults.leaseDurationMs } = options;
  const scale = leaseDurationMs / defaults.leaseDurationMs;
  const { renewDeadlineMs = scale * defaults.renewDeadlineMs, retryPeriodMs = scale * defaults.retryPeriodMs } =
    options;
  const timing = { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
  for (const [name, value] of Object.entries(timing)) requireDuration(name, value);
  if (leaseDurationMs <= renewDeadlineMs) {
    throw invalidOption('leaseDurationMs', leaseDurationMs, `greater than renewDeadlineMs (${renewDeadlineMs})`);
  }
  if (renewDeadlineMs <= retryPeriodMs * JITTER_FACTOR) {
    const rule = `greater than retryPeriodMs (${retryPeriodMs}) x ${JITTER_FACTOR}`;
    throw invalidOption('renewDeadlineMs', renewDeadlineMs, rule);
  }
  return timing;
}

function resolveNames(candidates: number | readonly string[]): readonly string[] {
  if (typeof candidates === 'number' && Number.isSafeInteger(candidates) && candidates >= 1) {
    return Array.from({ length: candidates }, (_, index) => `pod-${index + 1}`);
  }
  if (!Array.isArray(candidates) || candidates.length === 0) {
    throw invalidOption('candidates', candidates, 'a whole number from 1, or a list of one name or more');
  }
  for (const [index, name] of candidates.entries()) {
    if (typeof name !== 'string' || name === '' || candidates.indexOf(name) !== index) {
      throw invalidOption(`candidates[${index}]`, name, 'a name that is not empty and occurs once');
    }
  }
  return [...candidates];
}
