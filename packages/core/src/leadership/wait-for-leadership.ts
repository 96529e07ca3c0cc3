import type { ClusterLeader, WaitOptions } from './cluster-leader.ts';
import { ClusterLeaderError } from '../errors.ts';
import type { Term } from './term.ts';
import { harmlessWhen } from '../runtime/harmless-rejection.ts';
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

/** Lets `waitForLeadership().then(work)` survive `close()`: the rejection that ends the wait need not be handled. */
export function harmlessOnClose(wait: Promise<Term>): Promise<Term> {
  let end: unknown;
  wait.then(undefined, (error: unknown) => {
    if (error instanceof ClusterLeaderError && error.code === 'ERR_CLOSED') end = error;
  });
  return harmlessWhen(wait, (error) => end !== undefined && error === end);
}
