import { ClusterLeaderError } from '../errors.ts';
import { processWide } from '../runtime/process-wide.ts';
import type { Term } from './term.ts';

/** What terms have aborted with, so that such an error is recognised outside of its task as well. */
const losses = processWide('losses', () => new WeakSet<object>());

/** Whether a term, or a run, of this process has aborted with exactly this error. */
export function isLoss(error: object): boolean {
  return losses.has(error);
}

/** Makes the reason with which a term, or a run, ends. One that `cause` has made already stays as it is. */
export function lossOf({ number }: Pick<Term, 'number'>, reason: string, cause?: unknown): ClusterLeaderError {
  const name = number === undefined ? 'The run without a known leader' : `Term ${number}`;
  const message = `${name} has ended (${reason}). Stop what it was doing: another replica may lead now.`;
  const isLossAlready = cause instanceof ClusterLeaderError && cause.code === 'ERR_NOT_LEADER';
  const loss = isLossAlready ? cause : new ClusterLeaderError('ERR_NOT_LEADER', message, { cause });
  losses.add(loss);
  return loss;
}
