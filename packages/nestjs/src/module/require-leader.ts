import type { ClusterLeader } from '@cluster-leader/core';
import { missingMethods } from '../handlers/method.ts';
import { miswired } from '../miswired.ts';

/** The methods of a leader that this package calls. */
const CALLED = ['on', 'gate', 'start', 'status', 'close'];

/** Throws ERR_MISWIRED if a test has overridden the service with something that is not a leader. */
export function requireLeader(leader: ClusterLeader): void {
  const missing = missingMethods(leader, CALLED);
  if (missing.length === 0) return;
  const problem = `ClusterLeaderService is overridden with a value that is not a leader: it lacks ${missing.join(', ')}`;
  throw miswired(problem, 'Override it with fakeLeader() of @cluster-leader/testing.');
}
