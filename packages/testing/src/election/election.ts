import { invalidOption, LONGEST_TIMER_MS } from '@cluster-leader/core/adapter-kit';
import { ApiServer } from '../api-server/api-server.ts';
import { Cluster } from '../api-server/cluster.ts';
import { Changes, type WaitOptions } from '../changes.ts';
import type { StartRun } from '../host/sidecar-run.ts';
import type { LockObject } from '../lock/lock-object.ts';
import { traitsOf, type Dialect } from '../sidecar/dialect.ts';
import type { ElectionTiming } from '../sidecar/election-timing.ts';
import { Candidate } from './candidate.ts';
import type { CutOff } from './cut-off.ts';
import type { ElectionSettings } from './election-options.ts';

/** An election on loopback. It keeps the caller's process alive until it is closed. */
export class Election implements AsyncDisposable {
  /** The candidates, in the order of their names in the options. */
  readonly candidates: readonly Candidate[];
  /** The API server and its faults. */
  readonly apiServer: ApiServer;
  readonly #settings: ElectionSettings;
  readonly #changes = new Changes(() => this.#describe());
  readonly #cluster: Cluster;
  #keepAlive: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** `startRun` decides where the sidecars run. */
  constructor(settings: ElectionSettings, startRun: StartRun) {
    this.#settings = settings;
    const { dialect, names, restartDelayMs, timing } = settings;
    const lock = { kind: traitsOf(dialect).lockKind, namespace: 'default', name: 'my-app' };
    this.#cluster = new Cluster(lock, 0.3 * timing.leaseDurationMs, this.#changes);
    this.apiServer = new ApiServer(this.#cluster, this.#changes);
    const shared = { dialect, timing, restartDelayMs, startRun, cluster: this.#cluster, changes: this.#changes };
    this.candidates = names.map((name) => new Candidate({ ...shared, name }));
  }

  /** Which sidecar the candidates imitate. */
  get dialect(): Dialect {
    return this.#settings.dialect;
  }

  /** The durations of the election. */
  get timing(): ElectionTiming {
    return this.#settings.timing;
  }

  /** The object in which the sidecars keep their lock record. */
  get lock(): LockObject {
    return this.#cluster.lock;
  }

  /** The name of the candidate that holds the lease; undefined if none does. A sidecar may name another at the same time. */
  get holder(): string | undefined {
    return this.#cluster.holder;
  }

  /** Returns the candidate called `name`; throws ERR_INVALID_OPTION if there is none. */
  candidate(name: string): Candidate {
    const found = this.candidates.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw invalidOption('name', name, `the name of a candidate: ${this.#settings.names.join(', ')}`);
  }

  /**
   * Resolves with the first holder after the call that differs from the present one.
   *
   * If the holder may have changed before the call, use `until()` with the name to wait for.
   */
  async nextHolder(options?: WaitOptions): Promise<string> {
    const before = this.holder;
    const isNew = (): boolean => this.holder !== undefined && this.holder !== before;
    await this.until(isNew, options);
    return this.holder ?? '';
  }

  /**
   * Resolves once `test` returns true.
   *
   * It is called at once and after every change of the lease or of a candidate: its claim, its state, its number of
   * requests or of streams. Rejects if `test` throws, when the signal aborts, after `timeoutMs` and when the election is
   * closed.
   */
  async until(test: (election: Election) => boolean, options?: WaitOptions): Promise<void> {
    if (typeof test !== 'function') throw invalidOption('test', test, 'a function');
    await this.#changes.until(() => test(this), options);
  }

  /**
   * Cuts every candidate off from the API server until `heal()`, as an outage does, with the arguments of
   * `candidate.cutOff()`. Default the sidecars, `refused`.
   */
  async cutOff(...cutOff: CutOff): Promise<void> {
    await Promise.all(this.candidates.map((candidate) => candidate.cutOff(...cutOff)));
  }

  /** Restores every candidate's paths to the API server. */
  async heal(): Promise<void> {
    await Promise.all(this.candidates.map((candidate) => candidate.heal()));
  }

  /** Ends every sidecar, socket, timer and process of the election. Further calls return the same result. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Closes the election. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Resolves once the first candidate leads and every sidecar names it.
   *
   * @internal
   */
  async start(): Promise<void> {
    // If all sidecars run in their own processes and all paths are cut, nothing else keeps this process alive.
    this.#keepAlive = setInterval(() => {}, LONGEST_TIMER_MS);
    await this.#cluster.adjust();
    // A standby of the old program that starts before any leader names nobody.
    const [first, ...others] = this.candidates;
    await first?.restart();
    await this.until(() => first?.claimsToLead === true);
    await Promise.all(others.map((candidate) => candidate.restart()));
    await this.until(() => this.candidates.every(({ claim }) => claim !== undefined && claim !== ''));
  }

  #describe(): string {
    const pods = this.candidates.map(({ name, state, claim }) => {
      const names = claim === undefined ? '' : ` and names ${claim || 'nobody'}`;
      return `${name} is ${state}${names}`;
    });
    return `${this.holder ?? 'Nobody'} holds the lease; ${pods.join(', ')}.`;
  }

  async #close(): Promise<void> {
    this.#changes.close(new Error('The election was closed.'));
    clearInterval(this.#keepAlive);
    await Promise.all(this.candidates.map((candidate) => candidate.close()));
    await this.#cluster.close();
  }
}
