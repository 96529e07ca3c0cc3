import { invalidOption, parseDuration } from '@cluster-leader/core/adapter-kit';

/** Anything shorter was probably meant in seconds. */
const SHORTEST_LEASE_MS = 100;

/** Returns the whole number that `text` stands for; throws ERR_INVALID_OPTION unless it is from `min` to `max`. */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw invalidOption(option, text, `a whole number from ${min} to ${max}`);
}

/** Reads `--lease`, in milliseconds; undefined if it is absent. Throws ERR_INVALID_OPTION. */
export function leaseOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration('--lease', text);
  if (ms >= SHORTEST_LEASE_MS) return ms;
  throw invalidOption('--lease', text, `at least ${SHORTEST_LEASE_MS}ms`);
}

/** Reads `$CLUSTER_LEADER_LEASE`, in milliseconds; undefined if it is absent. Throws ERR_INVALID_OPTION. */
export function leaseVariable(): number | undefined {
  const { CLUSTER_LEADER_LEASE: text } = process.env;
  return text ? parseDuration('$CLUSTER_LEADER_LEASE', text) : undefined;
}
