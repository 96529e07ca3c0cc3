import { ClusterLeaderError } from '@cluster-leader/core';

/** Makes an ERR_MISWIRED of two sentences: what is wrong, without its full stop, and how to fix it. */
export function miswired(problem: string, fix: string): ClusterLeaderError {
  return new ClusterLeaderError('ERR_MISWIRED', `${problem}. ${fix}`);
}
