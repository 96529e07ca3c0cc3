import { invalidOption } from './errors.ts';

/** All times in milliseconds, resolved. */
export interface Timing {
  readonly leaseDurationMs: number;
  readonly maxAgeMs: number;
  readonly settleMs: number;
  readonly pollIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly checkTimeoutMs: number;
}

/** The sidecar's own default for `--ttl`. */
const DEFAULT_LEASE_MS = 10_000;
/** What a timer can hold; above it Node.js fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Derives every time from the lease, and refuses settings that contradict each other.
 *
 * The numbers come from simulation against recorded sidecars: with a lease of 10 s, an age of 4 s doubles no leader and
 * outlives the restart of a sidecar. With the defaults 10 000: 4 000, 10 000, 1 000, 500 and 2 000 ms.
 */
export function resolveTiming(options: { readonly [name in keyof Timing]?: number | undefined }): Timing {
  const leaseDurationMs = duration('leaseDurationMs', options.leaseDurationMs ?? DEFAULT_LEASE_MS);
  const maxAgeMs = duration('maxAgeMs', options.maxAgeMs ?? Math.min(4_000, 0.4 * leaseDurationMs));
  const settleMs = options.settleMs === 0 ? 0 : duration('settleMs', options.settleMs ?? leaseDurationMs, ', or 0');
  const pollIntervalMs = duration(
    'pollIntervalMs',
    options.pollIntervalMs ?? Math.min(0.1 * leaseDurationMs, 0.25 * maxAgeMs),
  );
  const checkTimeoutMs = duration('checkTimeoutMs', options.checkTimeoutMs ?? Math.min(2_000, 0.5 * maxAgeMs));
  const requestTimeoutMs = duration(
    'requestTimeoutMs',
    options.requestTimeoutMs ?? Math.min(500, 0.25 * checkTimeoutMs),
  );

  if (maxAgeMs > 0.5 * leaseDurationMs) {
    throw invalidOption(
      'maxAgeMs',
      maxAgeMs,
      `at most half of leaseDurationMs (${leaseDurationMs}), or it outlives a take-over`,
    );
  }
  if (3 * pollIntervalMs > maxAgeMs) {
    throw invalidOption(
      'pollIntervalMs',
      pollIntervalMs,
      `at most a third of maxAgeMs (${maxAgeMs}), or one lost poll ends a term`,
    );
  }
  if (checkTimeoutMs >= maxAgeMs) {
    throw invalidOption(
      'checkTimeoutMs',
      checkTimeoutMs,
      `below maxAgeMs (${maxAgeMs}), or an answer is too old when it comes`,
    );
  }
  if (requestTimeoutMs > checkTimeoutMs) {
    throw invalidOption(
      'requestTimeoutMs',
      requestTimeoutMs,
      `at most checkTimeoutMs (${checkTimeoutMs}), which holds its retries`,
    );
  }
  return { leaseDurationMs, maxAgeMs, settleMs, pollIntervalMs, requestTimeoutMs, checkTimeoutMs };
}

/** Returns `value` where it is a time that a timer can hold; throws ERR_INVALID_OPTION otherwise. */
export function duration(option: string, value: unknown, orElse = ''): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_TIMER_MS) return value;
  throw invalidOption(option, value, `a number of milliseconds above 0 and up to ${LONGEST_TIMER_MS}${orElse}`);
}
