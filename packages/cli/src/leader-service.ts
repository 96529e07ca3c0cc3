import { ClusterLeaderService } from '@cluster-leader/core';
import { kubernetesLock } from '@cluster-leader/kubernetes';
import { leaseOption } from './command-line/option-values.ts';

/**
 * Makes the service behind a command from the pod's environment; warnings are printed on stderr. It reads the lock record
 * if `$CLUSTER_LEADER_LOCK` is set.
 */
export function leaderService(lease: string | undefined, { push }: { readonly push: boolean }): ClusterLeaderService {
  return new ClusterLeaderService({
    leaseDurationMs: leaseOption(lease),
    eventsUrl: push ? undefined : false,
    lockRecord: process.env['CLUSTER_LEADER_LOCK'] ? kubernetesLock() : undefined,
    logger: { warn: (message) => void process.stderr.write(`cluster-leader: ${message}\n`) },
  });
}
