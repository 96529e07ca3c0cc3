import type { ClusterLeaderError } from '@cluster-leader/core';
import { nameOf } from '../handlers/method.ts';
import { miswired } from '../miswired.ts';

/** Makes the error for a method with both decorators, whichever of the two is applied second. */
export function contradiction(target: object, key: string): ClusterLeaderError {
  return miswired(`${nameOf(target, key)} is both @LeaderOnly and @EveryReplica`, 'Remove one of the two.');
}
