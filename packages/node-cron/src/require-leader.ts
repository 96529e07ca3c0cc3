import { invalidOption } from '@cluster-leader/core/adapter-kit';

/** Throws ERR_INVALID_OPTION unless `leader` has what the adapter calls. */
export function requireLeader(leader: unknown): void {
  if (typeof leader === 'object' && leader !== null && 'standing' in leader && 'shouldRun' in leader) return;
  throw invalidOption('leader', leader, 'a ClusterLeaderService, or fakeLeader() in a unit test');
}
