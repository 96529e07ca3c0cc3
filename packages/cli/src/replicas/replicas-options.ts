import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { Dialect } from '@cluster-leader/testing';
import type { OnOutput } from './output/replica-output.ts';

/** What to run as replicas, and how. */
export interface ReplicasOptions {
  /** A program and its arguments, run without a shell; a single word is a command line for the shell. */
  readonly command: readonly string[];
  /** The number of replicas. Default 3. */
  readonly replicas?: number | undefined;
  /**
   * The lease of the election, in milliseconds. Default 10 000; 15 000 for `kkosmrli`. The apps receive it in
   * `CLUSTER_LEADER_LEASE`.
   */
  readonly leaseDurationMs?: number | undefined;
  /** The sidecar that each replica gets. Default `leader-elector`. */
  readonly dialect?: Dialect | undefined;
  /** Restarts a replica that has died, after a growing delay. Default false. */
  readonly restart?: boolean | undefined;
  /** How long an app has to end by itself before SIGKILL when `restart()` is called, in milliseconds. Default 5 000. */
  readonly graceMs?: number | undefined;
  /** The working directory of the apps. Default this process's. */
  readonly cwd?: string | undefined;
  /** The environment to which each replica's own variables are added. Default this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Receives the output of the apps. By default it is dropped. */
  readonly onOutput?: OnOutput | undefined;
}

/** The default time from SIGTERM to SIGKILL, in milliseconds. */
export const DEFAULT_GRACE_MS = 5_000;

const OPTIONS: Readonly<Record<keyof ReplicasOptions, true>> = {
  command: true,
  replicas: true,
  leaseDurationMs: true,
  dialect: true,
  restart: true,
  graceMs: true,
  cwd: true,
  env: true,
  onOutput: true,
};

/** Throws ERR_INVALID_OPTION, which names option, value and rule; the election checks its own options. */
export function requireReplicasOptions(options: ReplicasOptions): void {
  requireKnownOptions(options, Object.keys(OPTIONS));
  const { command, replicas = 3, graceMs = DEFAULT_GRACE_MS } = options;
  if (!Number.isSafeInteger(replicas) || replicas < 1) {
    throw invalidOption('replicas', replicas, 'a whole number above 0');
  }
  if (!Array.isArray(command) || !command[0]) {
    throw invalidOption('command', command, 'a list of words, the first of which is a program');
  }
  if (graceMs !== 0) requireDuration('graceMs', graceMs, ', or 0');
}
