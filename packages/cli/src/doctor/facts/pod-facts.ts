import type { Probe, PushProbe } from './probe.ts';

/** All that the checks judge by, gathered in one pod at one time. */
export interface PodFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The kernel's, which the sidecar shares. */
  readonly hostname: string;
  /** The names of the network interfaces. */
  readonly interfaces: readonly string[];
  readonly processes: readonly ProcessFact[];
  /** How this library reads the environment, or why it refuses it. */
  readonly library: LibraryFact | { readonly problem: string };
  /** Every address that the endpoint's host stands for, in the system's order, and what answered there. */
  readonly addresses: readonly { readonly address: string; readonly probe: Probe }[];
  /** Several requests in a row to the endpoint; empty if the settings are refused. */
  readonly probes: readonly Probe[];
  /** Where else the doctor looked for a sidecar if the endpoint gave no answer, and what answered there. */
  readonly elsewhere: readonly { readonly url: string; readonly probe: Probe }[];
  /** What `$ELECTOR_SSE_URL` answered, if it is set. */
  readonly push?: PushProbe | undefined;
}

/** How the library reads its settings. */
export interface LibraryFact {
  readonly url: string;
  readonly identity: readonly string[];
  readonly mode: string;
  /** The lease that the app declares, by option or `$CLUSTER_LEADER_LEASE`. */
  readonly leaseDurationMs: number;
}

/** One process that can be seen from here. */
export interface ProcessFact {
  readonly pid: number;
  readonly commandLine: string;
  /** Which instance of which app it is, if PM2 or Node.js' cluster has started it. */
  readonly worker?: { readonly app: string; readonly number: string } | undefined;
  /** `$ELECTION_LEASE_DURATION` in its environment, from which kkosmrli/leader-elector reads its lease. */
  readonly electionLease?: string | undefined;
}

/** The library's own view; undefined if it refuses the settings. */
export function libraryOf({ library }: PodFacts): LibraryFact | undefined {
  return 'problem' in library ? undefined : library;
}
