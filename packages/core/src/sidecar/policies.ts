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

/** Half-opens at the next request: only the watch asks while it is open, and the watch must not be delayed (rule 9). */
export function newBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK) });
}

/** Retries as long as it is let, with delays of a tenth of `requestTimeoutMs` up to all of it. */
export function newRetry(requestTimeoutMs: number): RetryPolicy {
  const backoff = new ExponentialBackoff({
    generator: halfJitterGenerator, // never below half of the delay
    initialDelay: 0.1 * requestTimeoutMs,
    maxDelay: requestTimeoutMs,
  });
  return retry(handleWhen(isTransient), { maxAttempts: Number.POSITIVE_INFINITY, backoff }).dangerouslyUnref();
}

/** A wrong answer will not be right a moment later; an answer that did not come may come. */
export function isTransient(error: unknown): error is ElectorError {
  return error instanceof ElectorError && error.reason === 'unreachable';
}
