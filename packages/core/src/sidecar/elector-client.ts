import { CircuitState, isBrokenCircuitError, type CircuitBreakerPolicy } from 'cockatiel';
import { readAnswer, type Answer, type ParseAnswer } from '../belief/answer.ts';
import { readClock, type Instant } from '../belief/clock.ts';
import { ElectorError } from './elector-error.ts';
import { HttpTransport, type Transport, type TransportResponse } from './http-transport.ts';
import { startLimit } from '../runtime/limit.ts';
import { isTransient, newBreaker, newRetry } from './policies.ts';
import { codeOf, invalidAnswer, limitText, unreachable, type Silence } from './wording.ts';
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
   * {@link ElectorError} counts as unreachable. `keepsAlive` says whether a caller waits for the answer, so that
   * the process must stay alive.
   */
  ask(signal: AbortSignal, keepsAlive?: boolean): Promise<DatedAnswer>;
  /** Whether the circuit breaker is open, so that checks fail fast. */
  readonly isBroken: boolean;
  close(): Promise<void>;
}

/** A request with its retries ends a little before the check that waits for it, so that the check can report why it failed. */
const QUESTION_SHARE = 0.95;
/** The reason with which attempts abort. It is made once, because an error with a new stack is expensive. */
const ENDED = new Error('The attempt has ended.');

/** What the attempts of one question have in common. */
interface Question extends Silence {
  readonly keepsAlive: boolean;
  /** Ends the retries; undefined for the first attempt, which only closing ends. */
  readonly signal?: AbortSignal;
  wasSilent?: boolean | undefined;
}

/** Asks with cockatiel's retry and circuit breaker and a time limit for each attempt: over HTTP, unless given another transport. */
export class HttpElectorClient implements ElectorClient {
  readonly #url: URL;
  readonly #parse: ParseAnswer;
  readonly #timing: Timing;
  readonly #transport: Transport;
  #breaker: CircuitBreakerPolicy = newBreaker();
  /** The attempts under way, and the signals that end them. One listener per signal costs less than one per attempt. */
  readonly #attempts = new Set<AbortController>();
  readonly #heard = new WeakSet<AbortSignal>();

  constructor(url: URL, parse: ParseAnswer, timing: Timing, transport?: Transport) {
    this.#url = url;
    this.#parse = parse;
    this.#timing = timing;
    this.#transport = transport === undefined ? new HttpTransport(url, timing) : heedingSignals(transport);
  }

  get isBroken(): boolean {
    return this.#breaker.state !== CircuitState.Closed;
  }

  /** The first attempt goes without a retry policy and a deadline, which cost more than the request. */
  async ask(signal: AbortSignal, keepsAlive = false): Promise<DatedAnswer> {
    this.#endWith(signal);
    if (signal.aborted) throw unreachable(this.#url, 'was not asked, because the leader is closed');
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
    const question: Question = { keepsAlive, signal: deadline.signal, wasSilent: first.wasSilent };
    const retries = newRetry(this.#timing.requestTimeoutMs).execute(async () => {
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

  async #guarded(question: Question): Promise<DatedAnswer> {
    try {
      return await this.#breaker.execute(() => this.#attempt(question));
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      // The breaker measures by the wall clock, which was set back. It must not keep the watch from asking.
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
    try {
      const response = await this.#transport.request(attempt.signal);
      const answeredAt = readClock();
      return { answer: this.#read(response), askedAt, answeredAt, wasSilent: question.wasSilent };
    } catch (error) {
      throw this.#failure(error, question, blockedMs);
    } finally {
      stop();
      signal?.removeEventListener('abort', end);
      this.#attempts.delete(attempt);
    }
  }

  #read({ status, body }: TransportResponse): Answer {
    if (status >= 300 && status < 400) throw invalid('answered with a redirect, which is not followed');
    if (status !== 200) throw invalid(`answered with status ${status}`);
    try {
      return readAnswer(body, this.#parse);
    } catch (error) {
      throw invalid(`answered with something that ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  #failure(error: unknown, question: Question, blockedMs: number | undefined): ElectorError {
    if (blockedMs !== undefined) {
      question.wasSilent = true;
      const limit = limitText(this.#timing.requestTimeoutMs, blockedMs);
      return unreachable(this.#url, `did not answer within ${limit}`, question, error);
    }
    if (error instanceof ElectorError) return invalidAnswer(this.#url, error.message, question, error.cause);
    const code = codeOf(error);
    if (code === 'ECONNREFUSED') question.wasSilent = false;
    return unreachable(this.#url, `could not be asked (${code})`, question, error);
  }
}

function invalid(what: string, cause?: unknown): ElectorError {
  return new ElectorError('invalid-answer', what, { cause });
}

/** Lets an aborted signal end a request whose transport does not heed it. */
function heedingSignals(transport: Transport): Transport {
  return {
    request: (signal) => Promise.race([transport.request(signal), aborted(signal)]),
    close: () => transport.close(),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}
