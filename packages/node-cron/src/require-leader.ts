import { invalidOption } from '@cluster-leader/core/adapter-kit';

/** Throws ERR_INVALID_OPTION unless `leader` has what the adapter calls. */
export function requireLeader(leader: unknown): void {
  const needed = ['standing', 'shouldRun', 'runIfLeader', 'isLeaderNow'];
  if (typeof leader === 'object' && leader !== null && needed.every((name) => name in leader)) return;
  throw invalidOption('leader', leader, 'a ClusterLeaderService, or fakeLeader() in a unit test');
}
