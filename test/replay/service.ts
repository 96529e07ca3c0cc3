import { ClusterLeaderService, type ClusterLeaderOptions } from '@cluster-leader/core';
import { RecordedClient, USUAL_LIMITS } from './recorded-client.ts';
import type { MakeCandidate } from './replay.ts';
import type { RecordedSidecar } from './recorded-sidecar.ts';

/** The real service beside a recorded sidecar, with the options that a user would set. */
export function newService(
  pod: string,
  sidecar: RecordedSidecar,
  options: ClusterLeaderOptions = {},
): ClusterLeaderService {
  const ownOptions = { identity: pod, mode: 'sidecar', eventsUrl: false, logger: {} } as const;
  const service = new ClusterLeaderService(
    { ...ownOptions, leaseDurationMs: 10_000, ...options },
    new RecordedClient(sidecar, { ...USUAL_LIMITS, ...timeouts(options) }),
  );
  void service.start();
  return service;
}

/** The same for {@link replay}. */
export function services(options: ClusterLeaderOptions = {}): MakeCandidate {
  return (pod, sidecar) => newService(pod, sidecar, options);
}

function timeouts({ requestTimeoutMs, checkTimeoutMs }: ClusterLeaderOptions): Partial<typeof USUAL_LIMITS> {
  return { ...(requestTimeoutMs && { requestTimeoutMs }), ...(checkTimeoutMs && { checkTimeoutMs }) };
}
