import type { ApiPath } from '../api-server/api-path.ts';
import type { Cluster } from '../api-server/cluster.ts';
import type { Changes, WaitOptions } from '../changes.ts';
import { SidecarContainer } from '../host/sidecar-container.ts';
import type { StartRun } from '../host/sidecar-run.ts';
import { traitsOf, type Dialect, type DialectTraits } from '../sidecar/dialect.ts';
import type { ElectionTiming } from '../sidecar/election-timing.ts';
import { requireScript } from '../sidecar/require-script.ts';
import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { CandidateEnv } from './candidate-env.ts';
import { resolveCutOff, type CutOff } from './cut-off.ts';
import { FaultQueue } from './fault-queue.ts';

/** Whether a candidate's sidecar runs, is paused, or has ended. */
export type CandidateState = 'running' | 'paused' | 'ended';

/** What a candidate needs from its election. */
export interface CandidateOptions {
  readonly name: string;
  readonly dialect: Dialect;
  readonly timing: ElectionTiming;
  readonly restartDelayMs: number;
  readonly cluster: Cluster;
  readonly changes: Changes;
  readonly startRun: StartRun;
}

/**
 * One pod of the election: its sidecar, which answers at `url`, and the faults that a test can give it.
 *
 * Faults are queued: each begins when the one called before it has ended.
 */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #traits: DialectTraits;
  readonly #faults: FaultQueue;
  readonly #container: SidecarContainer;
  readonly #sidecarPath: ApiPath;
  readonly #appPath: ApiPath;
  #podUid = '';

  constructor(options: CandidateOptions) {
    const { changes, cluster, dialect, name, restartDelayMs, startRun, timing } = options;
    this.#options = options;
    this.#traits = traitsOf(dialect);
    this.#faults = new FaultQueue(changes);
    this.#sidecarPath = cluster.addPath('sidecar');
    this.#appPath = cluster.addPath('app');
    this.#container = new SidecarContainer({
      startRun,
      settings: () => ({ name, dialect, timing, lock: cluster.lock, apiUrl: this.#sidecarPath.url }),
      restartDelayMs,
      inTurn: (task) => this.#faults.run(task),
      changes,
    });
  }

  /** The name of the pod. */
  get name(): string {
    return this.#options.name;
  }

  /** The address at which the sidecar names the leader. It stays the same after a restart. */
  get url(): string {
    return `http://127.0.0.1:${this.#container.port}/`;
  }

  /** The address at which the sidecar streams changes; undefined if its dialect has no stream. */
  get eventsUrl(): string | undefined {
    return this.#traits.streamsEvents ? `${this.url}sse` : undefined;
  }

  /** The address of the API server, as the app in this pod reaches it. */
  get apiUrl(): string {
    return this.#appPath.url;
  }

  /** The environment variables that an app in this pod would find. */
  get env(): CandidateEnv {
    const { kind, name, namespace } = this.#options.cluster.lock;
    return {
      MY_POD_NAME: this.name,
      MY_POD_NAMESPACE: namespace,
      MY_POD_UID: this.#podUid,
      ELECTOR_GET_URL: this.url,
      ...(this.eventsUrl !== undefined && { ELECTOR_SSE_URL: this.eventsUrl }),
      CLUSTER_LEADER_LOCK: `${kind.toLowerCase()}/${name}`,
      CLUSTER_LEADER_API_SERVER: this.apiUrl,
    };
  }

  /** Whether the sidecar runs, is paused, or has ended. */
  get state(): CandidateState {
    return this.#container.state;
  }

  /** The process id of the sidecar; undefined unless it runs in its own process. */
  get pid(): number | undefined {
    return this.#container.pid;
  }

  /**
   * The leader that the sidecar names: '' if it knows of none, undefined if it does not run.
   *
   * This is what the sidecar believes, right or wrong, even if a script makes it answer something else. A paused sidecar
   * keeps its last claim.
   */
  get claim(): string | undefined {
    return this.#container.reports.claim;
  }

  /** Whether the sidecar names itself. More than one candidate may. */
  get claimsToLead(): boolean {
    return this.claim === this.name;
  }

  /** How many requests the sidecar has received, including those before a restart. In its own process, it reports them slightly late. */
  get requests(): number {
    return this.#container.reports.requests;
  }

  /** How many event streams the sidecar has open. In its own process, it reports them slightly late. */
  get openStreams(): number {
    return this.#container.reports.openStreams;
  }

  /** Resolves with the first claim after the call that differs from the present one. */
  async nextClaim(options?: WaitOptions): Promise<string> {
    const before = this.claim;
    await this.#options.changes.until(() => this.claim !== undefined && this.claim !== before, options);
    return this.claim ?? '';
  }

  /** Kills the sidecar, as SIGKILL does, until `restart()`: connections are refused. A lease that it holds stays until it expires. */
  async kill(): Promise<void> {
    await this.#faults.run(() => this.#container.end(false));
  }

  /**
   * Shuts the pod down, as a rollout does, and resolves once its sidecar has ended.
   *
   * The sidecar gets SIGTERM. Only `vapor` releases its lock; with the other dialects the candidates wait until the lease
   * expires, and with `nais` they take over once the pod object is deleted, which this call does.
   */
  async leave(): Promise<void> {
    await this.#faults.run(async () => {
      // A stopped process does not react to SIGTERM. A kubelet kills it after the grace period.
      await this.#container.end(this.state !== 'paused');
      this.#deletePod();
    });
  }

  /**
   * Deletes the pod object; a sidecar that runs keeps running.
   *
   * With `nais`, a lock that the pod holds is deleted after 0.05 leases (0.5 s by default), and this candidate takes none
   * before its `restart()`. With the other dialects the lock does not belong to the pod, so this changes nothing.
   */
  deletePod(): void {
    void this.#faults
      .run(() => this.#deletePod())
      .catch(() => {
        // It rejects only once the election is closed, which has no pods left.
      });
  }

  /** Starts the sidecar under the same name and port, and resolves once it listens. If it runs, it is killed first. */
  async restart(): Promise<void> {
    await this.#faults.run(async () => {
      await this.#container.end(false);
      this.#podUid = this.#options.cluster.createPod(this.name);
      await this.#container.start();
    });
  }

  /**
   * Stops the sidecar, as SIGSTOP does: it accepts connections and does not respond.
   *
   * A stopped process is killed when the caller's process ends, even if that is killed itself.
   */
  async pause(): Promise<void> {
    await this.#faults.run(() => this.#container.pause());
  }

  /** Continues a paused sidecar, as SIGCONT does. It still believes what it believed before. */
  async resume(): Promise<void> {
    await this.#faults.run(() => this.#container.resume());
  }

  /**
   * Cuts the pod off from the API server until `heal()`: `cutOff('both', 'black-hole')`, or `cutOff('reset')` for the
   * sidecar alone. The other path stays as it is. Default the sidecar, `refused`.
   *
   * The sidecar still answers the app. A `leader-elector` that leads stops claiming at about its renew deadline if
   * `refused`. In a `black-hole` it claims indefinitely, as the real program does, and so does the old one if
   * `read-only`, even beside a new leader. With `kkosmrli`, a leader exits at its renew deadline in each case.
   */
  async cutOff(...cutOff: CutOff): Promise<void> {
    const { kind, target } = resolveCutOff(cutOff);
    await this.#faults.run(async () => {
      if (target !== 'app') await this.#sidecarPath.cutOff(kind);
      if (target !== 'sidecar') await this.#appPath.cutOff(kind);
    });
  }

  /** Restores both paths to the API server. */
  async heal(): Promise<void> {
    await this.#faults.run(async () => {
      await this.#sidecarPath.heal();
      await this.#appPath.heal();
    });
  }

  /**
   * Answers every request with `script` until `answerHonestly()`, even after a restart.
   *
   * Resolves once the script is in effect, or at once if the sidecar is paused or has ended. Event streams that are
   * already open stay unchanged, except with `refuse`.
   */
  async answer(script: ScriptedAnswer): Promise<void> {
    requireScript(script);
    await this.#faults.run(() => this.#container.answer(script));
  }

  /** Withdraws a scripted answer. Requests that hang because of it stay without a response. */
  async answerHonestly(): Promise<void> {
    await this.#faults.run(() => this.#container.answer(undefined));
  }

  /**
   * Ends the sidecar for good, ahead of queued faults. Called by the election, which is closed already, so that those
   * reject.
   *
   * @internal
   */
  async close(): Promise<void> {
    await this.#container.end(false);
    await this.#faults.settled();
  }

  #deletePod(): void {
    const { cluster, timing } = this.#options;
    cluster.deletePod(this.name, timing.leaseDurationMs / 20);
  }
}
