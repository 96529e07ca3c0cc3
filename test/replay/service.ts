import { ClusterLeaderService, type ClusterLeaderOptions } from '@cluster-leader/core';
import { parseAnswer } from '../../packages/core/src/belief/answer.ts';
import { HttpElectorClient, type ElectorClient } from '../../packages/core/src/sidecar/elector-client.ts';
import { resolveTiming, type Timing } from '../../packages/core/src/settings/timing.ts';
import type { MakeCandidate } from './replay.ts';
import type { RecordedSidecar } from './recorded-sidecar.ts';

/** The real service beside a recorded sidecar, with the options that a user would set. */
export function newService(
  pod: string,
  sidecar: RecordedSidecar,
  options: ClusterLeaderOptions = {},
): ClusterLeaderService {
  const ownOptions = { identity: pod, mode: 'sidecar', eventsUrl: false, logger: {} } as const;
  const timing = resolveTiming({ leaseDurationMs: sidecar.timing.leaseDurationMs, ...options });
  const service = new ClusterLeaderService({ ...ownOptions, ...timing }, clientOf(sidecar, timing));
  void service.start();
  return service;
}

/** Core's own client, with its retries, limits and circuit breaker, over what was recorded instead of over HTTP. */
export function clientOf(sidecar: RecordedSidecar, timing: Timing): ElectorClient {
  return new HttpElectorClient(new URL('http://localhost:4040/'), parseAnswer, timing, sidecar);
}

/** The same for {@link replay}. */
export function services(options: ClusterLeaderOptions = {}): MakeCandidate {
  return (pod, sidecar) => newService(pod, sidecar, options);
}
