import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleAll,
  handleWhen,
  retry,
  type CircuitBreakerPolicy,
  type RetryPolicy,
} from 'cockatiel';
import { ElectorError } from './elector-error.ts';

const FAILURES_TO_BREAK = 5;

/** Makes a breaker that half-opens at the next request: while it is open only the watch asks, without delay (rule 9). */
export function newBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK) });
}

/** Retries without bound, with delays from a tenth of `requestTimeoutMs` up to `requestTimeoutMs`. */
export function newRetry(requestTimeoutMs: number): RetryPolicy {
  const backoff = new ExponentialBackoff({
    generator: halfJitterGenerator, // never below half of the delay
    initialDelay: 0.1 * requestTimeoutMs,
    maxDelay: requestTimeoutMs,
  });
  return retry(handleWhen(isTransient), { maxAttempts: Number.POSITIVE_INFINITY, backoff }).dangerouslyUnref();
}

/** A missing answer may come with the next attempt; an invalid one will not become valid. */
export function isTransient(error: unknown): error is ElectorError {
  return error instanceof ElectorError && error.reason === 'unreachable';
}
