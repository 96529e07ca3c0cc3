import { invalidOption } from '../errors.ts';
import { LONGEST_TIMER_MS } from '../runtime/longest-timer.ts';

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
/** Anything shorter was probably meant in seconds. */
const SHORTEST_LEASE_MS = 100;
/** More frequent polls would only keep the sidecar busy. */
const SHORTEST_POLL_MS = 5;

/**
 * Derives every time from the lease, and refuses settings that contradict each other.
 *
 * The numbers come from simulation against recorded sidecars: with a lease of 10 s, an age of 4 s never makes two
 * leaders, and with 2 s each restart of a sidecar ends a term. It is 3 s because a sidecar at 15/10/2 s that exits on loss
 * has claimed for 12 of its 15 s. With the defaults 10 000: 3 000, 10 000, 750, 375 and 1 500 ms.
 */
export function resolveTiming(
  options: { readonly [name in keyof Timing]?: number | undefined },
  defaultLeaseMs: number = DEFAULT_LEASE_MS,
): Timing {
  const time = (option: keyof Timing, byDefault: number, orElse?: string): number => {
    const value = options[option];
    return requireDuration(option, value === undefined ? byDefault : value, orElse);
  };
  const leaseDurationMs = time('leaseDurationMs', defaultLeaseMs);
  const maxAgeMs = time('maxAgeMs', Math.min(3_000, 0.4 * leaseDurationMs));
  const settleMs = options.settleMs === 0 ? 0 : time('settleMs', leaseDurationMs, ', or 0');
  const pollIntervalMs = time('pollIntervalMs', Math.min(0.1 * leaseDurationMs, 0.25 * maxAgeMs));
  const checkTimeoutMs = time('checkTimeoutMs', Math.min(2_000, 0.5 * maxAgeMs));
  const requestTimeoutMs = time('requestTimeoutMs', Math.min(500, 0.25 * checkTimeoutMs));

  if (leaseDurationMs < SHORTEST_LEASE_MS) {
    const rule = `at least ${SHORTEST_LEASE_MS}: it counts milliseconds, and no sidecar's lease is so short`;
    throw invalidOption('leaseDurationMs', leaseDurationMs, rule);
  }
  if (pollIntervalMs < SHORTEST_POLL_MS) {
    throw invalidOption('pollIntervalMs', pollIntervalMs, `at least ${SHORTEST_POLL_MS}`);
  }
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

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Reads a time such as `15s`, `500ms` or `2m`, in milliseconds; throws ERR_INVALID_OPTION naming `option` otherwise. */
export function parseDuration(option: string, text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
  if (ms > 0 && ms <= LONGEST_TIMER_MS) return ms;
  throw invalidOption(option, text, 'a time above 0 with its unit, such as 15s, 500ms or 2m');
}

/** Returns `value` if it is a time that a timer accepts; throws ERR_INVALID_OPTION otherwise. */
export function requireDuration(option: string, value: unknown, orElse = ''): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_TIMER_MS) return value;
  throw invalidOption(option, value, `a number of milliseconds above 0 and up to ${LONGEST_TIMER_MS}${orElse}`);
}
