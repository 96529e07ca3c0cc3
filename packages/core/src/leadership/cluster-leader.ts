import type { NotLeadingReason, Standing, UnknownReason } from '../belief/verdict.ts';
import type { Term } from './term.ts';

/** What a gated run came to: its value, or why it was skipped. The task's own errors reject instead. */
export type RunResult<T> =
  | { readonly ran: true; readonly value: T }
  | { readonly ran: false; readonly reason: NotLeadingReason };

/** Whether a run may go ahead, and if not, why. */
export type RunDecision = { readonly run: true } | { readonly run: false; readonly reason: NotLeadingReason };

export interface CheckOptions {
  /**
   * Asks the sidecar if the newest answer is at least this old, in milliseconds; 0 always asks. By default, and at most,
   * the service's `maxAgeMs`. While the circuit breaker is open, it returns what is known. With a lock record, 0 reads that
   * as well; else it is at most 0.1 leases old.
   */
  readonly maxAgeMs?: number | undefined;
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunOptions {
  /** The name of the run in events and logs. */
  readonly name?: string | undefined;
  /** Asks first if the newest answer is at least this old, in milliseconds. Default 100; Infinity does no I/O. */
  readonly maxAgeMs?: number | undefined;
  /** Ends the run's term when it aborts, as on a shutdown. If it has aborted already, the run is skipped as closed. */
  readonly signal?: AbortSignal | undefined;
}

export interface GateOptions extends RunOptions {
  /** Called with the reason in place of the function if that is skipped; what it returns is what the caller receives. */
  readonly onSkip?: ((reason: NotLeadingReason) => unknown) | undefined;
}

export interface WhileLeadingOptions {
  /** Ends it: the present run's term ends, and the promise resolves once the run has. */
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions {
  /** How long to wait for gated runs, whose signals have aborted, in milliseconds. Default 0: it does not wait. */
  readonly drainMs?: number | undefined;
}

/** What every leader can say of itself, as a plain object for health endpoints and logs. */
export interface LeaderStatus {
  /** The name of the election, if the option `election` gives one. */
  readonly election?: string;
  readonly standing: Standing;
  /** Why the standing is unknown. */
  readonly reason?: UnknownReason;
  /** The number of the present term, when it began, and its fencing token in digits, since JSON has no bigint. */
  readonly term?: { readonly number: number; readonly electedAt: Date; readonly fencingToken?: string };
  /** How often gates ran and skipped work since the start; skips are counted by reason. */
  readonly runs: number;
  readonly skips: Readonly<Partial<Record<NotLeadingReason, number>>>;
}

export interface WaitOptions {
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Rejects with ERR_WAIT_TIMEOUT after so many milliseconds; by default it waits as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/** The events of a leader. The state has changed already when an event is emitted. */
export interface LeadershipEvents {
  /** A term has begun. Alternates strictly with `demoted`. */
  elected: { readonly term: Term };
  /** A term has ended. */
  demoted: { readonly term: Term; readonly reason: NotLeadingReason };
  /** The standing, or the reason why it is unknown, has changed. */
  standing: { readonly standing: Standing; readonly reason?: UnknownReason; readonly previous: Standing };
  /** A gate has skipped a run. */
  skipped: { readonly name: string | undefined; readonly reason: NotLeadingReason };
  /** A job that `gate()` ran has rejected because its term ended, so that its promise resolved with undefined. */
  interrupted: { readonly name: string | undefined; readonly term: Term; readonly error: unknown };
}

/**
 * The interface that gates and adapters use: the service implements it, and so does `fakeLeader()` for unit tests.
 *
 * The first use of any member begins watching the election.
 */
export interface ClusterLeader {
  /** The standing at this moment. No I/O. */
  readonly standing: Standing;
  /** The present term, or undefined if this pod does not lead. No I/O. */
  readonly term: Term | undefined;
  /** Begins to watch, and resolves with the first standing, or with `'unknown'` if there is none in time. Never rejects. */
  start(): Promise<Standing>;
  /** Describes the leader for health endpoints and logs. A follower is healthy. */
  status(): LeaderStatus;
  /**
   * Resolves whether this pod leads; asks the sidecar only if the newest answer is too old.
   *
   * A sidecar that does not answer never makes it reject, unless `onUnknown` is `'throw'`.
   */
  isLeader(options?: CheckOptions): Promise<boolean>;
  /** Whether this pod leads, judged by what is known at this moment. No I/O. */
  isLeaderNow(): boolean;
  /** Decides and reports a skip as a gate does, for schedulers that ask before they run. */
  shouldRun(options?: RunOptions): Promise<RunDecision>;
  /**
   * Runs `task` if this pod leads, and says why if it does not.
   *
   * It asks first if the newest answer is 100 ms old. If no new answer comes, the last one holds until it is `maxAgeMs` old.
   */
  runIfLeader<T>(task: (term: Term) => T | PromiseLike<T>, options?: RunOptions): Promise<RunResult<T>>;
  /**
   * Wraps `fn` for a scheduler that calls it by time: runs it by `runIfLeader`, and resolves with undefined if it was skipped
   * or was interrupted by the loss of its own term.
   *
   * Not for the processor of a queue or the handler of a message: their hosts take the return of a skipped call for work
   * that is done, and lose it. Let such work be taken on the leader only, see docs/queues.md.
   */
  gate<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
    options?: GateOptions,
  ): (this: This, ...args: Args) => Promise<T | undefined>;
  /**
   * Resolves with the term once this pod leads. Rejects with ERR_CLOSED if the leader is or gets closed.
   *
   * That rejection is never an unhandled one in `waitForLeadership().then(work)`; an `await` still throws it.
   */
  waitForLeadership(options?: WaitOptions): Promise<Term>;
  /**
   * Runs `task` once in each term, and resolves when `signal` aborts or the leader is closed.
   *
   * A task that returns early is not called again before the next term. One that rejects because its term ended is
   * reported as `interrupted`; any other error rejects.
   */
  whileLeading(task: (term: Term) => unknown, options?: WhileLeadingOptions): Promise<void>;
  /** Calls `listener` at every such event, and returns a function that removes it. What a listener throws is logged. */
  on<Name extends keyof LeadershipEvents>(name: Name, listener: (event: LeadershipEvents[Name]) => unknown): () => void;
  /** Ends terms, waiting, watching and sockets. Idempotent; the standing is unknown (closed) from the call on. */
  close(options?: CloseOptions): Promise<void>;
}
