import type { Probe, PushProbe } from './probe.ts';

/** All that the checks go by, gathered in one pod at one time. */
export interface PodFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The kernel's, which the sidecar shares. */
  readonly hostname: string;
  /** The names of the network interfaces. */
  readonly interfaces: readonly string[];
  readonly processes: readonly ProcessFact[];
  readonly leaseDurationMs: number;
  /** What this library makes of the environment, or why it refuses it. */
  readonly library: LibraryFact | { readonly problem: string };
  /** Every address that the endpoint's host stands for, in the system's order, and what answered there. */
  readonly addresses: readonly { readonly address: string; readonly probe: Probe }[];
  /** Several questions in a row to the endpoint; empty where the settings name none. */
  readonly probes: readonly Probe[];
  /** Where else a sidecar was looked for, since the endpoint gave no answer, and what answered there. */
  readonly elsewhere: readonly { readonly url: string; readonly probe: Probe }[];
  /** What `$ELECTOR_SSE_URL` answered, where it is set. */
  readonly push?: PushProbe | undefined;
}

/** What the library found out by itself. */
export interface LibraryFact {
  readonly url: string;
  readonly identity: readonly string[];
  readonly mode: string;
  readonly standing: string;
  readonly reason?: string | undefined;
  readonly error?: string | undefined;
}

/** One process that can be seen from here. */
export interface ProcessFact {
  readonly pid: number;
  readonly commandLine: string;
  /** Its number among several of the same app, by Node.js' cluster or by pm2. */
  readonly worker?: string | undefined;
}

/** The library's own view; undefined where it refuses the settings. */
export function libraryOf({ library }: PodFacts): LibraryFact | undefined {
  return 'problem' in library ? undefined : library;
}
