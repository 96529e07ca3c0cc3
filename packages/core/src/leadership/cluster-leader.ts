import type { Standing, UnknownReason } from '../belief/belief.ts';
import type { Term } from './term.ts';

/** Why a run was skipped, or a term ended: another pod leads, or it is not known who does. */
export type NotLeadingReason = 'follower' | UnknownReason;

/** What becomes of a gated run. The task's own errors reject instead. */
export type RunResult<T> =
  | { readonly ran: true; readonly value: T }
  | { readonly ran: false; readonly reason: NotLeadingReason };

/** Whether a run may go ahead, and why not. */
export type RunDecision = { readonly run: true } | { readonly run: false; readonly reason: NotLeadingReason };

export interface CheckOptions {
  /**
   * Asks where the newest answer is this old, in milliseconds, so that 0 always asks. By default, and at most, the
   * service's `maxAgeMs`. While the circuit breaker is open it goes by what is known.
   */
  readonly maxAgeMs?: number | undefined;
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunOptions {
  /** What the run is called in `skipped` events and logs. */
  readonly name?: string | undefined;
  /** Asks first where the newest answer is this old, in milliseconds. Default 100; Infinity does no I/O. */
  readonly maxAgeMs?: number | undefined;
  /** Ends the run's own term as well, as on a shutdown; where it has aborted already, the run is skipped as closed. */
  readonly signal?: AbortSignal | undefined;
}

export interface WaitOptions {
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Rejects with ERR_WAIT_TIMEOUT after so many milliseconds; by default it waits as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/** What a leader tells its listeners. Everything has changed already when an event is emitted. */
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
 * What gates and adapters need of a leader: the service implements it, and so does `fakeLeader()` for unit tests.
 *
 * The first use of any member begins watching the election.
 */
export interface ClusterLeader {
  /** What is believed at this moment. No I/O. */
  readonly standing: Standing;
  /**
   * Resolves whether this pod leads; asks the sidecar only where the newest answer is too old.
   *
   * Never rejects for the sidecar's sake, unless `onUnknown` is `'throw'`.
   */
  isLeader(options?: CheckOptions): Promise<boolean>;
  /** Whether this pod leads by what is known at this moment. No I/O. */
  isLeaderNow(): boolean;
  /** Decides as a gate does and tells a skip as a gate does, for schedulers that ask before they run. */
  shouldRun(options?: RunOptions): Promise<RunDecision>;
  /**
   * Runs `task` where this pod leads, and says why where it does not.
   *
   * Asks first where the newest answer is 100 ms old; where no other comes, what is known holds until its `maxAgeMs`.
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
    options?: RunOptions,
  ): (this: This, ...args: Args) => Promise<T | undefined>;
  /**
   * Resolves with the term once this pod leads. Rejects with ERR_CLOSED if the leader is or gets closed.
   *
   * That rejection is never an unhandled one in `waitForLeadership().then(work)`; an `await` still throws it.
   */
  waitForLeadership(options?: WaitOptions): Promise<Term>;
  /** Calls `listener` at every such event, and returns a function that ends it. What a listener throws is logged. */
  on<Name extends keyof LeadershipEvents>(name: Name, listener: (event: LeadershipEvents[Name]) => unknown): () => void;
}
