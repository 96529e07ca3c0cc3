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
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { readAnswer, type Answer, type ParseAnswer } from '../belief/answer.ts';
import { readClock, type Instant } from '../belief/clock.ts';
import { ElectorError } from './elector-error.ts';
import { HttpTransport, type Transport, type TransportResponse } from './http-transport.ts';
import { startLimit } from '../runtime/limit.ts';
import type { Timing } from '../settings/timing.ts';

/** An answer, and when the attempt that got it was sent and answered. */
export interface DatedAnswer {
  readonly answer: Answer;
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
  /** Whether an earlier attempt was accepted and met with silence, and none was refused since; undefined if neither. */
  readonly wasSilent?: boolean | undefined;
}

/** Asks the sidecar who leads. */
export interface ElectorClient {
  /**
   * Asks, with retries, for at most `checkTimeoutMs`. Rejects without a usable answer; an error other than an
   * {@link ElectorError} counts as unreachable. `keepsAlive` says whether somebody waits for the answer, so that the
   * process must not end meanwhile.
   */
  ask(signal: AbortSignal, keepsAlive?: boolean): Promise<DatedAnswer>;
  /** Whether the circuit breaker is open, so that checks fail fast. */
  readonly isBroken: boolean;
  close(): Promise<void>;
}

const FAILURES_TO_BREAK = 5;
/** A question ends a little before the check that waits for it, so that the check can say how it failed. */
const QUESTION_SHARE = 0.95;
/** The reason with which attempts abort, made once: the stack of a new one would cost as much as the request. */
const ENDED = new Error('The attempt has ended.');

/** What the attempts of one question have in common. */
interface Question {
  readonly keepsAlive: boolean;
  /** Ends a retry; the first attempt, for which there is none, ends when the client is closed. */
  readonly signal?: AbortSignal;
  wasSilent?: boolean;
}

/** Asks with cockatiel's retry and circuit breaker and a time limit for each attempt: over HTTP, unless given another transport. */
export class HttpElectorClient implements ElectorClient {
  readonly #url: URL;
  readonly #parse: ParseAnswer;
  readonly #timing: Timing;
  readonly #transport: Transport;
  #breaker: CircuitBreakerPolicy = newBreaker();
  /** The attempts under way, and the signals that end them: listening once costs less than at each attempt. */
  readonly #attempts = new Set<AbortController>();
  readonly #heard = new WeakSet<AbortSignal>();

  constructor(url: URL, parse: ParseAnswer, timing: Timing, transport: Transport = new HttpTransport(url, timing)) {
    this.#url = url;
    this.#parse = parse;
    this.#timing = timing;
    this.#transport = transport;
  }

  get isBroken(): boolean {
    return this.#breaker.state !== CircuitState.Closed;
  }

  /** The first attempt goes without a retry policy and a deadline, which cost more than the request. */
  async ask(signal: AbortSignal, keepsAlive = false): Promise<DatedAnswer> {
    this.#endWith(signal);
    if (signal.aborted) throw this.#unreachable('was not asked, because the leader is closed');
    const startedAtMs = performance.now();
    try {
      return await this.#guarded({ keepsAlive });
    } catch (failure) {
      const remainingMs = QUESTION_SHARE * this.#timing.checkTimeoutMs - (performance.now() - startedAtMs);
      if (!isTransient(failure) || remainingMs <= 0 || signal.aborted) throw failure;
      return this.#askAgain(failure, signal, remainingMs, keepsAlive);
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Retries until the time is over, and rejects with the last failure. */
  async #askAgain(
    first: ElectorError,
    signal: AbortSignal,
    limitMs: number,
    keepsAlive: boolean,
  ): Promise<DatedAnswer> {
    let failure = first;
    let isFirst = true;
    const deadline = new AbortController();
    const end = (): void => deadline.abort(ENDED);
    const stop = startLimit(limitMs, end, { withinMs: limitMs, keepsAlive });
    signal.addEventListener('abort', end);
    const question: Question = { keepsAlive, signal: deadline.signal, ...silenceOf(first) };
    const retries = this.#retryPolicy().execute(async () => {
      if (isFirst) {
        isFirst = false;
        throw first; // has been made already: what is wanted is the delay before the next
      }
      if (deadline.signal.aborted) throw failure;
      try {
        return await this.#guarded(question);
      } catch (error) {
        if (error instanceof ElectorError && !deadline.signal.aborted) failure = error;
        throw error;
      }
    }, deadline.signal);
    try {
      // Raced, because a policy that sleeps before a retry ignores the signal.
      return await Promise.race([retries, aborted(deadline.signal)]);
    } catch {
      throw failure;
    } finally {
      stop();
      signal.removeEventListener('abort', end);
      end();
    }
  }

  #endWith(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return;
    this.#heard.add(signal);
    const end = (): void => {
      for (const attempt of this.#attempts) attempt.abort(ENDED);
    };
    signal.addEventListener('abort', end, { once: true });
  }

  #retryPolicy(): ReturnType<typeof retry> {
    const { requestTimeoutMs } = this.#timing;
    const backoff = new ExponentialBackoff({
      generator: halfJitterGenerator, // never below half of the delay
      initialDelay: 0.1 * requestTimeoutMs,
      maxDelay: requestTimeoutMs,
    });
    return retry(handleWhen(isTransient), { maxAttempts: Number.POSITIVE_INFINITY, backoff }).dangerouslyUnref();
  }

  async #guarded(question: Question): Promise<DatedAnswer> {
    try {
      return await this.#breaker.execute(() => this.#attempt(question));
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      // It measures by the wall clock, which was set back: it must not keep the watch from asking.
      this.#breaker = newBreaker();
      return this.#breaker.execute(() => this.#attempt(question));
    }
  }

  async #attempt(question: Question): Promise<DatedAnswer> {
    const attempt = new AbortController();
    let blockedMs: number | undefined;
    const { requestTimeoutMs, checkTimeoutMs } = this.#timing;
    const expire = (ms: number): void => {
      blockedMs = ms;
      attempt.abort(ENDED);
    };
    const { keepsAlive, signal } = question;
    const stop = startLimit(requestTimeoutMs, expire, { withinMs: QUESTION_SHARE * checkTimeoutMs, keepsAlive });
    const end = (): void => attempt.abort(ENDED);
    signal?.addEventListener('abort', end);
    this.#attempts.add(attempt);
    const askedAt = readClock();
    let response: TransportResponse;
    try {
      response = await this.#transport.request(attempt.signal);
    } catch (error) {
      throw this.#failure(error, question, blockedMs);
    } finally {
      stop();
      signal?.removeEventListener('abort', end);
      this.#attempts.delete(attempt);
    }
    const answeredAt = readClock();
    return { answer: this.#read(response), askedAt, answeredAt, ...silenceOf(question) };
  }

  #read({ status, body }: TransportResponse): Answer {
    if (status >= 300 && status < 400) throw this.#invalid('answered with a redirect, which is not followed');
    if (status !== 200) throw this.#invalid(`answered with status ${status}`);
    try {
      return readAnswer(body, this.#parse);
    } catch (error) {
      throw this.#invalid(
        `answered with something that ${error instanceof Error ? error.message : String(error)}`,
        error,
      );
    }
  }

  #failure(error: unknown, question: Question, blockedMs: number | undefined): ElectorError {
    if (blockedMs !== undefined) {
      question.wasSilent = true;
      return this.#unreachable(`did not answer within ${this.#limitText(blockedMs)}`, error, question);
    }
    if (error instanceof ElectorError) return this.#invalid(error.message, error.cause);
    const code = codeOf(error);
    if (code === 'ECONNREFUSED') question.wasSilent = false;
    return this.#unreachable(`could not be asked (${code})`, error, question);
  }

  #limitText(blockedMs: number): string {
    const limit = `${this.#timing.requestTimeoutMs} ms`;
    if (blockedMs === 0) return limit;
    return `${limit}, while the event loop of this process was blocked for ${Math.round(blockedMs)} ms`;
  }

  #unreachable(what: string, cause?: unknown, question?: Question): ElectorError {
    const next = 'See that the sidecar runs in this pod and listens there, or set the option url or $ELECTOR_GET_URL.';
    return new ElectorError('unreachable', `${this.#url.href} ${what}. ${next}`, { cause, ...silenceOf(question) });
  }

  #invalid(what: string, cause?: unknown): ElectorError {
    const next =
      "Point the option url (port and path) at the sidecar, or set the option parse if its answer's form is another.";
    return new ElectorError('invalid-answer', `${this.#url.href} ${what}. ${next}`, { cause });
  }
}

function silenceOf(of: { readonly wasSilent?: boolean | undefined } | undefined): { wasSilent?: boolean } {
  return of?.wasSilent === undefined ? {} : { wasSilent: of.wasSilent };
}

/** An answer that is wrong will not be right a moment later; one that did not come may come. */
function isTransient(error: unknown): error is ElectorError {
  return error instanceof ElectorError && error.reason === 'unreachable';
}

/** Half-opens at the next question: only the watch asks while it is open, and the watch must not be delayed. */
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
