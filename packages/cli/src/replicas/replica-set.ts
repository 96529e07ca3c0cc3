import { EventEmitter } from 'node:events';
import { startElection, type Dialect, type Election } from '@cluster-leader/testing';
import { claimPorts, type ClaimedPorts } from './claimed-ports.ts';
import { Replica } from './replica.ts';
import type { OnOutput } from './output/replica-output.ts';
import type { ReplicaView } from './replica-view.ts';

/** What to run as replicas, and how. */
export interface ReplicasOptions {
  /** A program and its arguments, run as they are; a single word is a line for the shell. */
  readonly command: readonly string[];
  /** How many replicas. Default 3. */
  readonly replicas?: number | undefined;
  /** The lease of the election, in milliseconds. Default 10 000. The apps read it from `CLUSTER_LEADER_LEASE`. */
  readonly leaseDurationMs?: number | undefined;
  /** Which sidecar each replica gets. Default `leader-elector`. */
  readonly dialect?: Dialect | undefined;
  /** Restarts a replica that has died, after a growing pause. Default false. */
  readonly restart?: boolean | undefined;
  /** How long an app that is restarted has for its own end before SIGKILL, in milliseconds. Default 5 000. */
  readonly graceMs?: number | undefined;
  readonly cwd?: string | undefined;
  /** The environment to which each replica's own variables are added. Default this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Default: what the apps write is dropped. */
  readonly onOutput?: OnOutput | undefined;
}

/** How long reading the last output may take. */
const DRAIN_MS = 1_000;
const GRACE_MS = 5_000;

/** Replicas of one app on this machine, each with its own identity and its own sidecar in one election. */
export class ReplicaSet extends EventEmitter<{ change: [] }> {
  readonly election: Election;
  readonly replicas: readonly Replica[];
  readonly #claim: ClaimedPorts;

  constructor(election: Election, claim: ClaimedPorts, options: ReplicasOptions) {
    super();
    this.election = election;
    this.#claim = claim;
    const { leaseDurationMs } = election.timing;
    const { command, cwd, env = process.env, graceMs = GRACE_MS, restart = false, onOutput = () => {} } = options;
    this.replicas = election.candidates.map(
      (candidate, index) =>
        new Replica({
          candidate,
          port: claim.ports[index] ?? 0,
          command,
          cwd,
          env: {
            ...env,
            // A mode that a developer has set for a single process on this machine would let every replica lead.
            CLUSTER_LEADER_MODE: 'sidecar',
            ELECTOR_SSE_URL: undefined,
            CLUSTER_LEADER_LEASE: `${leaseDurationMs}ms`,
            LEASE_DURATION_MS: String(leaseDurationMs),
          },
          restart,
          graceMs,
          onOutput,
          onChange: () => this.emit('change'),
        }),
    );
  }

  /** The replica called `name`; throws a RangeError if there is none. */
  replica(name: string): Replica {
    const found = this.replicas.find((replica) => replica.name === name);
    if (found !== undefined) return found;
    throw new RangeError(`no replica is called ${JSON.stringify(name)}`);
  }

  /** All replicas at this moment, as plain data. */
  view(): readonly ReplicaView[] {
    return this.replicas.map((replica) => replica.view());
  }

  /** Starts every app. Rejects if one cannot be started. */
  async start(): Promise<void> {
    void this.#watch();
    await Promise.all(this.replicas.map((replica) => replica.start()));
  }

  /**
   * Ends everything in order: the apps by SIGTERM, or by SIGKILL after `graceMs` (default 5 000), then the sidecars.
   *
   * Can be called again with a shorter grace.
   */
  async close(graceMs: number = GRACE_MS): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close(graceMs)));
    const limit = setTimeout(() => this.#discardOutput(), DRAIN_MS);
    await Promise.all(this.replicas.map((replica) => replica.drained()));
    clearTimeout(limit);
    this.#claim.release();
    await this.election.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #discardOutput(): void {
    for (const replica of this.replicas) replica.discardOutput();
  }

  async #watch(): Promise<void> {
    const leaders = (): string =>
      this.election.candidates.map(({ state, claimsToLead }) => `${state} ${claimsToLead}`).join();
    try {
      for (;;) {
        const seen = leaders();
        await this.election.until(() => leaders() !== seen);
        this.emit('change');
      }
    } catch {
      // The election was closed.
    }
  }
}

/**
 * Starts replicas of an app on this machine, each beside a sidecar of its own in one real election on loopback.
 *
 * Each app gets the environment of a pod (`MY_POD_NAME`, `ELECTOR_GET_URL`, `ELECTOR_SSE_URL` if its sidecar streams),
 * `CLUSTER_LEADER_LEASE`, a `PORT` of its own, and `CLUSTER_LEADER_MODE=sidecar`, whatever the caller's is. An app that
 * ends takes its sidecar with it. Nothing outlives the caller's process, however that ends, except processes that leave
 * their app's group, as daemons do.
 *
 * @example
 * ```ts
 * const replicas = await startReplicas({ command: ['node', 'app.js'], onOutput: (name, lines) => console.log(name, lines) });
 * await replicas.replica('pod-1').kill();
 * await replicas.close();
 * ```
 */
export async function startReplicas(options: ReplicasOptions): Promise<ReplicaSet> {
  const { replicas: candidates = 3, leaseDurationMs, dialect, command } = options;
  if (!Number.isSafeInteger(candidates) || candidates < 1) {
    throw new RangeError(`replicas is ${candidates}: it must be a whole number from 1`);
  }
  if (!command[0]) throw new RangeError(`command is ${JSON.stringify(command)}: its first word must be a program`);
  if (process.platform === 'win32') throw new Error('replicas need the signals of Linux or macOS: use WSL on Windows');
  const election = await startElection({ candidates, leaseDurationMs, dialect, processes: true });
  let set: ReplicaSet | undefined;
  try {
    set = new ReplicaSet(election, await claimPorts(candidates), options);
    await set.start();
    return set;
  } catch (error) {
    await (set ?? election).close();
    throw error;
  }
}
