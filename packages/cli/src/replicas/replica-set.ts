import { EventEmitter } from 'node:events';
import { invalidOption, withLimit } from '@cluster-leader/core/adapter-kit';
import type { Election } from '@cluster-leader/testing';
import type { ClaimedPorts } from './claimed-ports.ts';
import { ReplicaOutput } from './output/replica-output.ts';
import { Pod } from './pod.ts';
import { replicaEnv } from './replica-env.ts';
import type { ReplicaView } from './replica-view.ts';
import { Replica } from './replica.ts';
import { DEFAULT_GRACE_MS, type ReplicasOptions } from './replicas-options.ts';

/** How long close() waits until the last output of the apps is read. */
const DRAIN_MS = 1_000;

/** Replicas of one app on this machine, each with its own identity and its own sidecar in one election. */
export class ReplicaSet {
  /** The election in which the sidecars take part. */
  readonly election: Election;
  /** The replicas, from `pod-1` on. */
  readonly replicas: readonly Replica[];
  readonly #claim: ClaimedPorts;
  readonly #outputs: readonly ReplicaOutput[];
  readonly #events = new EventEmitter<{ change: [] }>();

  constructor(election: Election, claim: ClaimedPorts, options: ReplicasOptions) {
    this.election = election;
    this.#claim = claim;
    const { command, cwd, graceMs = DEFAULT_GRACE_MS, restart = false, onOutput = () => {} } = options;
    const env = replicaEnv(options.env ?? process.env, election.timing.leaseDurationMs);
    const outputs: ReplicaOutput[] = [];
    this.#outputs = outputs;
    this.replicas = election.candidates.map((candidate, index) => {
      const output = new ReplicaOutput((lines) => onOutput(candidate.name, lines));
      outputs.push(output);
      const port = claim.ports[index] ?? 0;
      const pod = new Pod({ candidate, command, cwd, env: { ...env, PORT: String(port) }, output });
      const holdsLock = (): boolean => election.holder === candidate.name;
      return new Replica({ pod, port, holdsLock, restart, graceMs, onChange: () => this.#events.emit('change') });
    });
  }

  /** Returns the replica called `name`; throws ERR_INVALID_OPTION if there is none. */
  replica(name: string): Replica {
    const found = this.replicas.find((replica) => replica.name === name);
    if (found !== undefined) return found;
    throw invalidOption(
      'name',
      name,
      `the name of a replica: ${this.replicas.map((replica) => replica.name).join(', ')}`,
    );
  }

  /** Describes all replicas at this moment, as plain data. */
  view(): readonly ReplicaView[] {
    return this.replicas.map((replica) => replica.view());
  }

  /** Calls `listener` whenever a replica has changed, and returns a function that removes it. */
  on(event: 'change', listener: () => void): () => void {
    this.#events.on(event, listener);
    return () => void this.#events.off(event, listener);
  }

  /** Starts every app. Rejects if one cannot be started. */
  async start(): Promise<void> {
    void this.#watchElection();
    await Promise.all(this.replicas.map((replica) => replica.start()));
  }

  /**
   * Ends the apps with SIGTERM, or with SIGKILL after `graceMs` (default 5 000), then the sidecars.
   *
   * Call it again with a shorter grace period to end what is still running sooner.
   */
  async close(graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close(graceMs)));
    const drained = Promise.all(this.#outputs.map((output) => output.drained()));
    if (!(await withLimit(drained, DRAIN_MS))) for (const output of this.#outputs) output.discard();
    this.#claim.release();
    await this.election.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #watchElection(): Promise<void> {
    const leaders = (): string =>
      [
        this.election.holder,
        ...this.election.candidates.map(({ state, claimsToLead }) => `${state} ${claimsToLead}`),
      ].join();
    try {
      for (;;) {
        const seen = leaders();
        await this.election.until(() => leaders() !== seen);
        this.#events.emit('change');
      }
    } catch {
      // The election was closed.
    }
  }
}
