import { ClusterLeaderService } from '@cluster-leader/core';
import { leaseOption } from './command-line/option-values.ts';

/** Makes the service behind a command from the pod's environment; warnings are printed on stderr. */
export function leaderService(lease: string | undefined, { push }: { readonly push: boolean }): ClusterLeaderService {
  return new ClusterLeaderService({
    leaseDurationMs: leaseOption(lease),
    eventsUrl: push ? undefined : false,
    logger: { warn: (message) => void process.stderr.write(`cluster-leader: ${message}\n`) },
  });
}
