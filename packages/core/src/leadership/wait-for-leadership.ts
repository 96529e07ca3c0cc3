import type { ClusterLeader, WaitOptions } from './cluster-leader.ts';
import { ClusterLeaderError } from '../errors.ts';
import type { Term } from './term.ts';
import { keepAlive } from '../runtime/patience.ts';

/** Resolves with the next term of a leader that does not lead now. It keeps the process alive meanwhile. */
export function nextTerm(leader: Pick<ClusterLeader, 'on'>, { signal, timeoutMs }: WaitOptions): Promise<Term> {
  return new Promise((resolve, reject) => {
    const release = keepAlive();
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    signal?.addEventListener('abort', abort);
    const ends = [
      leader.on('elected', ({ term }) => settle(() => resolve(term))),
      leader.on('standing', ({ reason }) => reason === 'closed' && settle(() => reject(closedError()))),
      release,
      () => clearTimeout(timer),
      () => signal?.removeEventListener('abort', abort),
    ];

    function settle(how: () => void): void {
      for (const end of ends) end();
      how();
    }
    function abort(): void {
      settle(() => reject(signal?.reason));
    }
    function expire(): void {
      const message = `This pod was not elected within ${timeoutMs} ms. A follower is elected only after the leader is gone.`;
      settle(() => reject(new ClusterLeaderError('ERR_WAIT_TIMEOUT', message)));
    }
  });
}

/** Makes the error of a wait that can no longer succeed. */
export function closedError(): ClusterLeaderError {
  return new ClusterLeaderError('ERR_CLOSED', 'The leader is closed, so it will never be elected. Make a new one.');
}

/**
 * Keeps the rejection with which `close()` ends a wait from becoming an unhandled one, even in promises that `then`,
 * `catch` and `finally` derive from it: `waitForLeadership().then(work)` must not kill a process that is shutting down.
 *
 * Callers that handle or await the rejection still receive it, and every other rejection stays unhandled if it was.
 */
export function harmlessOnClose<T>(wait: Promise<T>, isEnd: (error: unknown) => boolean = isEndOf(wait)): Promise<T> {
  const markHandled = (error: unknown): void => {
    if (isEnd(error)) void then(undefined, () => {});
  };
  wait.then(undefined, markHandled); // runs before `harmless` rejects, since it is registered first
  const harmless = wait.then((value) => value);
  const then = harmless.then.bind(harmless);
  const derive: typeof then = (...handlers) => harmlessOnClose(then(...handlers), isEnd);
  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise already
  return Object.defineProperty(harmless, 'then', { value: derive });
}

/** Recognises the very error with which `close()` has ended this wait. */
function isEndOf(wait: Promise<unknown>): (error: unknown) => boolean {
  let end: unknown;
  wait.then(undefined, (error: unknown) => {
    if (error instanceof ClusterLeaderError && error.code === 'ERR_CLOSED') end = error;
  });
  return (error) => end !== undefined && error === end;
}
