import type { VisibleProcess } from './processes.ts';
import type { LockFacts } from './lock-facts.ts';
import type { Probe, PushProbe } from './probe.ts';
import type { Settings } from './settings.ts';
import { readProbe, type SidecarAnswer } from './sidecar-answer.ts';

/** Everything that the checks judge, gathered in one pod at one time. */
export interface PodFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The hostname of the kernel, which the sidecar shares. */
  readonly hostname: string;
  /** The names of the network interfaces. */
  readonly interfaces: readonly string[];
  readonly processes: readonly VisibleProcess[];
  /** The settings as the library reads them, or why it refuses them. */
  readonly settings: Settings | { readonly problem: string };
  /** Every address that the host of the endpoint resolves to, in the system's order, and what answered there. */
  readonly addresses: readonly { readonly address: string; readonly probe: Probe }[];
  /** Several consecutive requests to the endpoint; empty if the settings are refused. */
  readonly probes: readonly Probe[];
  /** Other places where a sidecar may be, and what answered there; empty if the endpoint answers. */
  readonly elsewhere: readonly { readonly url: string; readonly probe: Probe }[];
  /** The lock record; absent if `$CLUSTER_LEADER_LOCK` is not set, or outside of a cluster. */
  readonly lock?: LockFacts | undefined;
  /** What `$ELECTOR_SSE_URL` answered, if it is set. */
  readonly push?: PushProbe | undefined;
}

/** The newest usable answer of the sidecar, if there is one. */
export function answerOf({ probes }: PodFacts): SidecarAnswer | undefined {
  return probes.map(readProbe).findLast((answer): answer is SidecarAnswer => 'kind' in answer);
}

/** The name of the pod in its environment, if it is set. */
export function podNameOf({ env }: PodFacts): string | undefined {
  return env['MY_POD_NAME'] || env['POD_NAME'] || undefined;
}
