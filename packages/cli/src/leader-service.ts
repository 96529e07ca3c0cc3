import { ClusterLeaderService } from '@cluster-leader/core';
import { lease } from './command-line.ts';

/** Makes the service that a command asks by, from the pod's environment; its warnings go to stderr in plain words. */
export function leaderService(
  leaseOption: string | undefined,
  { push }: { readonly push: boolean },
): ClusterLeaderService {
  return new ClusterLeaderService({
    leaseDurationMs: lease(leaseOption),
    eventsUrl: push ? undefined : false,
    logger: { warn: (message) => void process.stderr.write(`cluster-leader: ${message}\n`) },
  });
}
