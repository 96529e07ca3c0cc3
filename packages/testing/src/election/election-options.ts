import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { DIALECTS, traitsOf, type Dialect } from '../sidecar/dialect.ts';
import { JITTER_FACTOR, type ElectionTiming } from '../sidecar/election-timing.ts';

/** Options of `startElection`. All have defaults. */
export interface ElectionOptions {
  /** The number of candidates, which are then named `pod-1`, `pod-2` and so on, or their names. Default 3. */
  readonly candidates?: number | readonly string[] | undefined;
  /** How long a lease stays valid after a candidate last saw it change. Default 10 000; 15 000 for `kkosmrli`. */
  readonly leaseDurationMs?: number | undefined;
  /** How long a leader keeps trying to renew before it stops leading. Default half the lease; two thirds for `kkosmrli`. */
  readonly renewDeadlineMs?: number | undefined;
  /** The time between two tries to acquire or renew. Default a quarter of the lease; two fifteenths for `kkosmrli`. */
  readonly retryPeriodMs?: number | undefined;
  /** The delay before a sidecar that exited by itself is restarted. Default a twentieth of the lease. */
  readonly restartDelayMs?: number | undefined;
  /** Which sidecar the candidates imitate. Default `leader-elector`. */
  readonly dialect?: Dialect | undefined;
  /** Whether each sidecar runs in its own process of the operating system. Default false. */
  readonly processes?: boolean | undefined;
}

/** Options with their defaults, checked against each other. */
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

/** Returns `options` with defaults; throws ERR_INVALID_OPTION if one is unknown or impossible. */
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
    throw invalidOption('candidates', candidates, 'a whole number from 1, or a list of one or more names');
  }
  for (const [index, name] of candidates.entries()) {
    if (typeof name !== 'string' || name === '' || candidates.indexOf(name) !== index) {
      throw invalidOption(`candidates[${index}]`, name, 'a non-empty name that occurs once');
    }
  }
  return [...candidates];
}
