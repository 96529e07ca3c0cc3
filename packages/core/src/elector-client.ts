import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleAll,
  handleWhen,
  isBrokenCircuitError,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { errors, Pool } from 'undici';
import { readAnswer, type Answer, type ParseAnswer } from './answer.ts';
import { readClock, type Instant } from './clock.ts';
import { ElectorError } from './elector-error.ts';
import { connectUnreferenced } from './sockets.ts';
import type { Timing } from './timing.ts';

/** An answer, and when the attempt that got it was sent and answered. */
export interface DatedAnswer {
  readonly answer: Answer;
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
}

/** Asks the sidecar who leads. */
export interface ElectorClient {
  /**
   * Asks, with retries, for at most `checkTimeoutMs`. Rejects without a usable answer: what is no {@link ElectorError}
   * counts as unreachable.
   */
  ask(signal: AbortSignal): Promise<DatedAnswer>;
  /** Whether so many attempts in a row have failed that a check had better not wait for the next. */
  readonly isBroken: boolean;
  close(): Promise<void>;
}

/** A well-formed answer has under 1 KiB. */
const LARGEST_BODY = 64 * 1024;
const FAILURES_TO_BREAK = 5;
/** A question ends a little before the check that waits for it, so that the check can tell by what it failed. */
const QUESTION_SHARE = 0.95;

/** Asks over HTTP: undici's connections, cockatiel's retry and circuit breaker, a limit of time for each attempt. */
export class HttpElectorClient implements ElectorClient {
  readonly #url: URL;
  readonly #parse: ParseAnswer;
  readonly #timing: Timing;
  readonly #pool: Pool;
  #breaker: CircuitBreakerPolicy = newBreaker();

  constructor(url: URL, parse: ParseAnswer, timing: Timing) {
    this.#url = url;
    this.#parse = parse;
    this.#timing = timing;
    this.#pool = new Pool(url.origin, {
      connect: connectUnreferenced(timing.requestTimeoutMs),
      connections: 2, // a single one would block behind a request that hangs
      keepAliveTimeout: Math.max(60_000, 2 * timing.pollIntervalMs),
      headersTimeout: 0, // undici's are too coarse: each attempt has a limit of its own
      bodyTimeout: 0,
      maxResponseSize: LARGEST_BODY,
    });
  }

  get isBroken(): boolean {
    return this.#breaker.state !== CircuitState.Closed;
  }

  async ask(signal: AbortSignal): Promise<DatedAnswer> {
    if (signal.aborted) throw this.#unreachable('was not asked, because the leader is closed');
    const limitMs = QUESTION_SHARE * this.#timing.checkTimeoutMs;
    let failure = this.#unreachable(`did not answer within ${limitMs} ms`);
    const deadline = new AbortController();
    const end = (): void => deadline.abort();
    const timer = setTimeout(end, limitMs).unref();
    signal.addEventListener('abort', end);
    const attempt = async (attemptSignal: AbortSignal): Promise<DatedAnswer> => {
      deadline.signal.throwIfAborted();
      try {
        return await this.#attempt(attemptSignal);
      } catch (error) {
        failure = error instanceof ElectorError ? error : this.#unreachable('could not be asked', error);
        throw failure;
      }
    };
    try {
      // The race, because a policy that sleeps before a retry does not hear the signal.
      return await Promise.race([this.#execute(attempt, deadline.signal), aborted(deadline.signal)]);
    } catch {
      throw failure;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      end();
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #execute<T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { requestTimeoutMs } = this.#timing;
    const backoff = new ExponentialBackoff({
      generator: halfJitterGenerator, // never below half of the delay
      initialDelay: 0.1 * requestTimeoutMs,
      maxDelay: requestTimeoutMs,
    });
    const policy = wrap(
      retry(handleWhen(isTransient), { maxAttempts: Number.POSITIVE_INFINITY, backoff }).dangerouslyUnref(),
      this.#breaker,
      timeout(requestTimeoutMs, TimeoutStrategy.Cooperative).dangerouslyUnref(),
    );
    try {
      return await policy.execute((context) => attempt(context.signal), signal);
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      // It measures by the wall clock, which was set back: it must not keep the watch from asking.
      this.#breaker = newBreaker();
      return this.#execute(attempt, signal);
    }
  }

  async #attempt(signal: AbortSignal): Promise<DatedAnswer> {
    const { requestTimeoutMs } = this.#timing;
    const askedAt = readClock();
    let status: number;
    let text: string;
    try {
      const { pathname, search } = this.#url;
      const path = pathname + search;
      const response = await this.#pool.request({
        path,
        method: 'GET',
        headers: { accept: 'application/json' },
        signal,
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      if (signal.aborted) throw this.#unreachable(`did not answer within ${requestTimeoutMs} ms`, error);
      if (error instanceof errors.ResponseExceededMaxSizeError) throw this.#invalid('answered with over 64 KiB', error);
      if (error instanceof errors.HTTPParserError)
        throw this.#invalid('answered with something that is no HTTP', error);
      throw this.#unreachable(`could not be asked (${codeOf(error)})`, error);
    }
    const answeredAt = readClock();
    if (status >= 300 && status < 400) throw this.#invalid('answered with a redirect, which is not followed');
    if (status !== 200) throw this.#invalid(`answered with status ${status}`);
    try {
      return { answer: readAnswer(text, this.#parse), askedAt, answeredAt };
    } catch (error) {
      throw this.#invalid(
        `answered with something that ${error instanceof Error ? error.message : String(error)}`,
        error,
      );
    }
  }

  #unreachable(what: string, cause?: unknown): ElectorError {
    const next = 'See that the sidecar runs in this pod and listens there, or set the option url or $ELECTOR_GET_URL.';
    return new ElectorError('unreachable', `${this.#url.href} ${what}. ${next}`, { cause });
  }

  #invalid(what: string, cause?: unknown): ElectorError {
    const next =
      "Point the option url (port and path) at the sidecar, or set the option parse if its answer's form is another.";
    return new ElectorError('invalid-answer', `${this.#url.href} ${what}. ${next}`, { cause });
  }
}

/** An answer that is wrong will not be right a moment later; one that did not come may come. */
function isTransient(error: unknown): boolean {
  return error instanceof ElectorError && error.reason === 'unreachable';
}

/** Half-opens at the next question: only the watch asks while it is open, and the watch is not to be delayed. */
function newBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK) });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
