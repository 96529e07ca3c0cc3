import { ClusterLeaderService } from '@cluster-leader/core';
import { leaseOption } from './command-line/read-options.ts';

/** Makes the service behind a command, from the pod's environment; its warnings go to stderr in plain words. */
export function leaderService(lease: string | undefined, { push }: { readonly push: boolean }): ClusterLeaderService {
  return new ClusterLeaderService({
    leaseDurationMs: leaseOption(lease),
    eventsUrl: push ? undefined : false,
    logger: { warn: (message) => void process.stderr.write(`cluster-leader: ${message}\n`) },
  });
}
