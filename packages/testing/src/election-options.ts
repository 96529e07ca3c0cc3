import { DIALECTS } from './dialect.ts';
import type { Dialect } from './dialect.ts';

/** How an election is held. Everything has a default. */
export interface ElectionOptions {
  /** How many candidates, named `pod-1`, `pod-2`, ..., or their names. Default 3. */
  readonly candidates?: number | readonly string[] | undefined;
  /** How long a lease stands after it was last seen to be renewed. Default 10 000. */
  readonly leaseDurationMs?: number | undefined;
  /** How long a leader goes on trying to renew before it stops leading. Default half the lease. */
  readonly renewDeadlineMs?: number | undefined;
  /** The time between two tries to acquire or renew. Default a quarter of the lease. */
  readonly retryPeriodMs?: number | undefined;
  /** Which sidecar the candidates behave as. Default `leader-elector`. */
  readonly dialect?: Dialect | undefined;
  /** Runs every sidecar as an operating system process of its own. Default false. */
  readonly processes?: boolean | undefined;
}

/** The three durations of a lease election. */
export interface ElectionTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Options with their defaults filled in, known not to contradict each other. */
export interface ElectionSettings {
  readonly names: readonly string[];
  readonly timing: ElectionTiming;
  readonly dialect: Dialect;
  readonly processes: boolean;
}

const TIMES: readonly string[] = ['leaseDurationMs', 'renewDeadlineMs', 'retryPeriodMs'];

/** While acquiring, tries are up to this many periods further apart than the period itself. client-go's number. */
export const JITTER_FACTOR = 1.2;

/** Fills in the defaults, and throws a TypeError or RangeError that names option, value and rule. */
export function resolveOptions(options: ElectionOptions): ElectionSettings {
  const { candidates = 3, dialect = 'leader-elector', processes = false, ...times } = options;
  const stranger = Object.keys(times).find((name) => !TIMES.includes(name));
  if (stranger !== undefined) {
    throw new TypeError(`${stranger} is no option: there are candidates, dialect, processes, ${TIMES.join(', ')}`);
  }
  if (!DIALECTS.includes(dialect)) {
    throw new RangeError(`dialect is ${show(dialect)}: it must be one of ${DIALECTS.map(show).join(', ')}`);
  }
  if (typeof processes !== 'boolean') throw new TypeError(`processes is ${show(processes)}: it must be a boolean`);
  return { names: resolveNames(candidates), timing: resolveTiming(times), dialect, processes };
}

function resolveTiming(options: ElectionOptions): ElectionTiming {
  const leaseDurationMs = positive('leaseDurationMs', options.leaseDurationMs ?? 10_000);
  const renewDeadlineMs = positive('renewDeadlineMs', options.renewDeadlineMs ?? leaseDurationMs / 2);
  const retryPeriodMs = positive('retryPeriodMs', options.retryPeriodMs ?? leaseDurationMs / 4);
  if (leaseDurationMs <= renewDeadlineMs) {
    throw new RangeError(
      `leaseDurationMs is ${leaseDurationMs}: it must be greater than renewDeadlineMs, which is ${renewDeadlineMs}`,
    );
  }
  if (renewDeadlineMs <= retryPeriodMs * JITTER_FACTOR) {
    throw new RangeError(
      `renewDeadlineMs is ${renewDeadlineMs}: it must be greater than retryPeriodMs x ${JITTER_FACTOR}, and retryPeriodMs is ${retryPeriodMs}`,
    );
  }
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

function resolveNames(candidates: number | readonly string[]): readonly string[] {
  if (typeof candidates === 'number') {
    if (!Number.isSafeInteger(candidates) || candidates < 1) {
      throw new RangeError(`candidates is ${candidates}: a number of candidates must be a whole number from 1`);
    }
    return Array.from({ length: candidates }, (_, index) => `pod-${index + 1}`);
  }
  if (!Array.isArray(candidates)) {
    throw new TypeError(`candidates is ${show(candidates)}: it must be a number or a list of names`);
  }
  if (candidates.length === 0) throw new RangeError('candidates is []: there must be at least one name');
  for (const [index, name] of candidates.entries()) {
    if (typeof name !== 'string') throw new TypeError(`candidates[${index}] is ${show(name)}: it must be a string`);
    if (name === '') throw new RangeError(`candidates[${index}] is "": a name must not be empty`);
    if (candidates.indexOf(name) !== index) {
      throw new RangeError(`candidates[${index}] is ${show(name)}: names must be unique`);
    }
  }
  return [...candidates];
}

function positive(option: string, value: number): number {
  if (typeof value !== 'number')
    throw new TypeError(`${option} is ${show(value)}: it must be a number of milliseconds`);
  if (!Number.isFinite(value) || value <= 0) {
    throw new RangeError(`${option} is ${value}: it must be a positive, finite number of milliseconds`);
  }
  return value;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
