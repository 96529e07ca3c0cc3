import { invalidOption } from '@cluster-leader/core/adapter-kit';

const LONGEST_SPAN_MS = 3_650 * 86_400_000;

/** Returns `value` if it is a span of time in the past; throws ERR_INVALID_OPTION otherwise. No timer holds it, so it may exceed 24 days. */
export function requireSpan(option: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_SPAN_MS) return Math.ceil(value);
  throw invalidOption(option, value, 'a number of milliseconds above 0 and up to ten years');
}
