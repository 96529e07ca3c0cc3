import { ClusterLeaderService, type ClusterLeaderOptions, type Transport } from '@cluster-leader/core';
import type { RecordedSidecar } from './recorded-sidecar.ts';
import type { MakeCandidate } from './replay.ts';

/** Alters what the service receives from its pod's sidecar, so that it acts as if it made that mistake itself. */
export type Mistake = (pod: string, sidecar: RecordedSidecar) => Transport['request'];

/** Makes the real service of each pod, with retries, time limits and circuit breaker; only HTTP is replaced. */
export function services(options: ClusterLeaderOptions = {}, mistake?: Mistake): MakeCandidate {
  return (pod, sidecar) => newService(pod, sidecar, options, mistake?.(pod, sidecar));
}

/** Starts the service of one pod, with the lease of its recorded sidecar unless the options set another. */
export function newService(
  pod: string,
  sidecar: RecordedSidecar,
  options: ClusterLeaderOptions = {},
  request: Transport['request'] = (signal) => sidecar.request(signal),
): ClusterLeaderService {
  const { leaseDurationMs } = sidecar.timing;
  const service = new ClusterLeaderService(
    { identity: pod, mode: 'sidecar', eventsUrl: false, logger: {}, leaseDurationMs, ...options },
    { request, close: () => sidecar.close() },
  );
  void service.start();
  return service;
}
