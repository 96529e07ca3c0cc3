import type { ClusterLeader, WaitOptions } from './cluster-leader.ts';
import { ClusterLeaderError } from './errors.ts';
import type { Term } from './term.ts';

/** Far away: such a timer only keeps the process up. */
const HOLD_MS = 2 ** 31 - 1;

/** Resolves with the next term of a leader that does not lead now. The process stays up meanwhile. */
export function nextTerm(leader: Pick<ClusterLeader, 'on'>, { signal, timeoutMs }: WaitOptions): Promise<Term> {
  return new Promise((resolve, reject) => {
    const timer = timeoutMs === undefined ? setInterval(() => {}, HOLD_MS) : setTimeout(expire, timeoutMs);
    signal?.addEventListener('abort', abort);
    const ends = [
      leader.on('elected', ({ term }) => settle(() => resolve(term))),
      leader.on('standing', ({ reason }) => reason === 'closed' && settle(() => reject(closedError()))),
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
      const message = `This pod was not elected within ${timeoutMs} ms. A follower waits until the leader is gone.`;
      settle(() => reject(new ClusterLeaderError('ERR_WAIT_TIMEOUT', message)));
    }
  });
}

/** The reason of a wait that cannot end otherwise. */
export function closedError(): ClusterLeaderError {
  return new ClusterLeaderError('ERR_CLOSED', 'The leader is closed, so it will never be elected. Make a new one.');
}
