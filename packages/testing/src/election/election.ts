import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { ApiPath, type CutOffKind } from '../api-server/api-path.ts';
import { Candidate } from './candidate.ts';
import { Changes } from '../changes.ts';
import type { WaitOptions } from '../changes.ts';
import type { Dialect } from '../sidecar/dialect.ts';
import { resolveOptions } from './election-options.ts';
import type { ElectionOptions, ElectionSettings } from './election-options.ts';
import type { ElectionTiming } from '../sidecar/election-timing.ts';
import { LeaseStore } from '../api-server/lease-store.ts';
import { startHere, type StartRun } from '../host/sidecar-run.ts';

/** An election under way on loopback. It holds the caller's process until it is closed. */
export class Election implements AsyncDisposable {
  readonly candidates: readonly Candidate[];
  readonly #settings: ElectionSettings;
  readonly #changes = new Changes(() => this.#describe());
  readonly #store = new LeaseStore(this.#changes);
  readonly #paths: readonly ApiPath[];
  #hold: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: ElectionSettings) {
    this.#settings = settings;
    const pods = settings.names.map((name) => this.#createPod(name));
    this.#paths = pods.map(({ path }) => path);
    this.candidates = pods.map(({ candidate }) => candidate);
  }

  get dialect(): Dialect {
    return this.#settings.dialect;
  }

  get timing(): ElectionTiming {
    return this.#settings.timing;
  }

  /** The name in the lease; undefined if nobody holds it. A sidecar may name somebody else at the moment. */
  get holder(): string | undefined {
    return this.#store.lease.holder || undefined;
  }

  /** The candidate called `name`; throws ERR_INVALID_OPTION if there is none. */
  candidate(name: string): Candidate {
    const found = this.candidates.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw invalidOption('name', name, `the name of a candidate: ${this.#settings.names.join(', ')}`);
  }

  /**
   * Resolves with the next holder that differs from the present one.
   *
   * It counts from the call: if the holder may have changed already, name the one you wait for with `until()`.
   */
  async nextHolder(options?: WaitOptions): Promise<string> {
    const before = this.holder;
    const isNew = (): boolean => this.holder !== undefined && this.holder !== before;
    await this.until(isNew, options);
    return this.holder ?? '';
  }

  /**
   * Resolves once `test` holds for the election.
   *
   * It is tried at once and after every change: of the holder, and of any candidate's claim, state, count of requests or
   * of streams. Rejects if it throws, when the signal aborts, at `timeoutMs` and when the election is closed.
   */
  async until(test: (election: Election) => boolean, options?: WaitOptions): Promise<void> {
    if (typeof test !== 'function') throw invalidOption('test', test, 'a function');
    await this.#changes.until(() => test(this), options);
  }

  /** Cuts every candidate off from the API server until `heal()`: an outage. Default `refused`. */
  async cutOff(kind?: CutOffKind): Promise<void> {
    await Promise.all(this.candidates.map((candidate) => candidate.cutOff(kind)));
  }

  /** Restores every candidate's path to the API server. */
  async heal(): Promise<void> {
    await Promise.all(this.candidates.map((candidate) => candidate.heal()));
  }

  /** Ends every sidecar, socket, timer and process of the election. Can be called again. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves once somebody leads and every candidate knows who. */
  async start(): Promise<void> {
    // With every way to the API server cut and every sidecar in another process, nothing else would hold this one.
    this.#hold = setInterval(() => {}, 2 ** 31 - 1);
    await Promise.all(this.#paths.map((path) => path.open()));
    // One after the other, as pods start. A standby of the old program that came before any leader would name nobody.
    const [first, ...others] = this.candidates;
    await first?.restart();
    await this.until(() => first?.claimsToLead === true);
    await Promise.all(others.map((candidate) => candidate.restart()));
    await this.until(() => this.candidates.every(({ claim }) => claim !== undefined && claim !== ''));
  }

  #createPod(name: string): { readonly path: ApiPath; readonly candidate: Candidate } {
    const { dialect, timing, restartDelayMs, processes } = this.#settings;
    const path = new ApiPath(this.#store);
    const startRun = processes ? startApart : startHere;
    const options = {
      name,
      dialect,
      timing,
      restartDelayMs,
      path,
      store: this.#store,
      changes: this.#changes,
      startRun,
    };
    return { path, candidate: new Candidate(options) };
  }

  #describe(): string {
    const pods = this.candidates.map(({ name, state, claim }) => {
      const names = claim === undefined ? '' : ` and names ${claim || 'nobody'}`;
      return `${name} is ${state}${names}`;
    });
    return `${this.holder ?? 'Nobody'} holds the lease; ${pods.join(', ')}.`;
  }

  async #close(): Promise<void> {
    this.#changes.close(new Error('the election was closed'));
    this.#store.close();
    clearInterval(this.#hold);
    await Promise.all(this.candidates.map((candidate) => candidate.close()));
    await Promise.all(this.#paths.map((path) => path.close()));
  }
}

/**
 * Starts a leader election among real HTTP sidecars on loopback, and resolves once somebody leads and every sidecar
 * knows who. The first candidate leads first.
 *
 * Everything is real but the cluster: sockets, the lease and the rules by which it passes on, and with `processes` the
 * signals too. Each candidate can be killed, paused, cut off and made to lie. Rejects with ERR_INVALID_OPTION if options
 * contradict each other; close the election when done.
 *
 * @example
 * ```ts
 * const election = await startElection({ leaseDurationMs: 1_000 });
 * const [first] = election.candidates;
 * await first?.kill();
 * console.log(`${await election.nextHolder()} has taken over`);
 * await election.close();
 * ```
 */
export async function startElection(options: ElectionOptions = {}): Promise<Election> {
  const election = new Election(resolveOptions(options));
  try {
    await election.start();
  } catch (error) {
    await election.close();
    throw error;
  }
  return election;
}

/** Loaded on demand, since Jest makes CommonJS of this package, in which `import.meta` is a syntax error. */
const startApart: StartRun = async (...args) => {
  const { startProcess } = await import('../host/in-own-process.ts');
  return startProcess(...args);
};
