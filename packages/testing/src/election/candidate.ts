import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { CUT_OFFS, type ApiPath, type CutOffKind } from '../api-server/api-path.ts';
import type { Changes, WaitOptions } from '../changes.ts';
import { traitsOf } from '../sidecar/dialect.ts';
import type { Dialect, DialectTraits } from '../sidecar/dialect.ts';
import type { ElectionTiming } from '../sidecar/election-timing.ts';
import type { LeaseStore } from '../api-server/lease-store.ts';
import { requireScript } from '../sidecar/require-script.ts';
import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarNews } from '../sidecar/sidecar.ts';
import type { RunEnd, SidecarRun, StartRun } from '../host/sidecar-run.ts';

/** Whether a candidate's sidecar runs, is stopped, or is gone. */
export type CandidateState = 'running' | 'paused' | 'ended';

/** The environment variables that an app finds in a pod with this sidecar. */
export type CandidateEnv = {
  readonly MY_POD_NAME: string;
  readonly ELECTOR_GET_URL: string;
  /** Only if the dialect streams events. */
  readonly ELECTOR_SSE_URL?: string;
};

/** What a candidate needs from its election. */
export interface CandidateOptions {
  readonly name: string;
  readonly dialect: Dialect;
  readonly timing: ElectionTiming;
  readonly restartDelayMs: number;
  readonly path: ApiPath;
  readonly store: LeaseStore;
  readonly changes: Changes;
  readonly startRun: StartRun;
}

/**
 * One pod of the election: its sidecar, which answers at `url`, and all that can go wrong with it.
 *
 * Its faults are queued: each begins when the one before it has ended, in the order of the calls.
 */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #traits: DialectTraits;
  /** The fault that was called last. Never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #starting: Promise<SidecarRun> | undefined;
  #run: SidecarRun | undefined;
  /** What starts a sidecar again that has exited by itself. */
  #kubelet: NodeJS.Timeout | undefined;
  /** Distinguishes the news of this run from late news of an earlier one. */
  #generation = 0;
  #port = 0;
  #isPaused = false;
  #script: ScriptedAnswer | undefined;
  #claim: string | undefined;
  #requests = 0;
  #openStreams = 0;

  constructor(options: CandidateOptions) {
    this.#options = options;
    this.#traits = traitsOf(options.dialect);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Where its sidecar answers who leads. Stays the same through a restart. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Where its sidecar streams changes; undefined if the dialect does not. */
  get eventsUrl(): string | undefined {
    return this.#traits.streamsEvents ? `${this.url}sse` : undefined;
  }

  /** The environment that an app in this pod would find. */
  get env(): CandidateEnv {
    const env = { MY_POD_NAME: this.name, ELECTOR_GET_URL: this.url };
    return this.eventsUrl === undefined ? env : { ...env, ELECTOR_SSE_URL: this.eventsUrl };
  }

  get state(): CandidateState {
    if (this.#run === undefined) return 'ended';
    return this.#isPaused ? 'paused' : 'running';
  }

  /** The process id of its sidecar, while it runs in a process of its own. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /**
   * The leader that its sidecar names: '' if it knows of none, undefined while the sidecar is gone.
   *
   * It is what the sidecar believes, right or wrong, even if it is scripted to answer something else. While paused it is the last claim.
   */
  get claim(): string | undefined {
    return this.#claim;
  }

  /** Whether its sidecar names itself. More than one candidate may. */
  get claimsToLead(): boolean {
    return this.#claim === this.name;
  }

  /** How many requests its sidecars have received so far. A sidecar in a process of its own reports them a moment late. */
  get requests(): number {
    return this.#requests;
  }

  /** How many event streams are open at its sidecar. A sidecar in a process of its own reports them a moment late. */
  get openStreams(): number {
    return this.#openStreams;
  }

  /** Resolves with the next claim that differs from the present one; it counts from the call. */
  async nextClaim(options?: WaitOptions): Promise<string> {
    const before = this.#claim;
    await this.#options.changes.until(() => this.#claim !== undefined && this.#claim !== before, options);
    return this.#claim ?? '';
  }

  /** Ends the sidecar as SIGKILL does, until `restart()`: its connections are refused, and its lease stands until it expires. */
  async kill(): Promise<void> {
    await this.#inTurn(() => this.#end(false));
  }

  /**
   * Ends the pod in an orderly way, as a rollout does, and resolves once its sidecar is gone.
   *
   * The sidecars get SIGTERM and hand nothing over. The others wait until the lease expires; with `nais` they take over
   * when the pod object is deleted, which this does.
   */
  async leave(): Promise<void> {
    await this.#inTurn(async () => {
      // A stopped process would never see SIGTERM; in the end the kubelet kills it.
      await this.#end(this.state !== 'paused');
      this.#deletePod();
    });
  }

  /**
   * Deletes the pod object, while the sidecar goes on if it runs.
   *
   * With `nais` a lease that it holds is gone 0.05 leases later (0.5 s by default), and this candidate takes none before
   * its restart. On the others it changes nothing.
   */
  deletePod(): void {
    void this.#inTurn(() => this.#deletePod()).catch(() => {
      // The election was closed, and all pods with it.
    });
  }

  #deletePod(): void {
    const { store, timing } = this.#options;
    if (!this.#traits.leaseExpires) store.deletePod(this.name, timing.leaseDurationMs / 20);
  }

  /** Starts the sidecar again under its name and port, and resolves once it listens. One that runs is killed first. */
  async restart(): Promise<void> {
    await this.#inTurn(() => this.#start());
  }

  async #start(): Promise<void> {
    await this.#end(false);
    const { changes, dialect, name, path, startRun, store, timing } = this.#options;
    changes.throwIfClosed();
    store.createPod(this.name);
    this.#generation += 1;
    const generation = this.#generation;
    const report = (news: SidecarNews): void => {
      if (this.#generation === generation) this.#note(news);
    };
    const settings = { name, dialect, timing, apiUrl: path.url, port: this.#port, script: this.#script };
    this.#starting = startRun(settings, report);
    try {
      const run = await this.#starting;
      this.#port = run.port;
      this.#run = run;
      this.#claim ??= '';
      void run.ended.then((how) => this.#mourn(run, how));
    } finally {
      this.#starting = undefined;
    }
    changes.notify();
  }

  /**
   * Stops the sidecar, as SIGSTOP does: it accepts connections and answers nothing.
   *
   * A stopped process is killed when the caller's process ends, even by SIGKILL.
   */
  async pause(): Promise<void> {
    await this.#inTurn(() => {
      this.#running().stop();
      this.#isPaused = true;
      this.#options.changes.notify();
    });
  }

  /** Continues a paused sidecar, as SIGCONT does. It still believes what it believed before. */
  async resume(): Promise<void> {
    await this.#inTurn(() => {
      this.#running().continue();
      this.#isPaused = false;
      this.#options.changes.notify();
    });
  }

  /**
   * Cuts the sidecar off from the API server until `heal()`; its own answers still arrive.
   *
   * `refused` ends a claim of `leader-elector` at about the renew deadline. In a `black-hole` it claims without bound, as
   * the real one does; `kkosmrli` exits at its deadline in both. With `read-only` the API server answers reads and refuses
   * writes: the old `leader-elector` then names itself without bound, even beside a new leader. Default `refused`.
   */
  async cutOff(kind: CutOffKind = 'refused'): Promise<void> {
    if (!CUT_OFFS.includes(kind)) throw invalidOption('kind', kind, `one of ${CUT_OFFS.join(', ')}`);
    await this.#inTurn(() => this.#options.path.cutOff(kind));
  }

  /** Restores the path to the API server. */
  async heal(): Promise<void> {
    await this.#inTurn(() => this.#options.path.heal());
  }

  /**
   * Answers every request by `script` instead of the truth, until `answerHonestly()`; a restart does not end it.
   *
   * Resolves once it is in effect, or at once if the sidecar is paused or gone. Event streams that are already open
   * stay as they are, except with `refuse`.
   */
  async answer(script: ScriptedAnswer): Promise<void> {
    requireScript(script);
    await this.#inTurn(() => this.#say(script));
  }

  /** Withdraws a scripted answer. Requests that it left hanging go on hanging. */
  async answerHonestly(): Promise<void> {
    await this.#inTurn(() => this.#say(undefined));
  }

  /**
   * Ends the sidecar for good, ahead of the queue; faults still queued reject. Close the election instead.
   *
   * @internal
   */
  async close(): Promise<void> {
    await this.#end(false);
    await this.#last;
  }

  async #inTurn(fault: () => void | Promise<void>): Promise<void> {
    const done = this.#last.then(() => {
      this.#options.changes.throwIfClosed();
      return fault();
    });
    this.#last = done.catch(() => {});
    await done;
  }

  async #say(script: ScriptedAnswer | undefined): Promise<void> {
    this.#script = script;
    const answering = this.#run?.answer(script);
    if (!this.#isPaused) await answering;
  }

  async #end(orderly: boolean): Promise<void> {
    clearTimeout(this.#kubelet);
    this.#kubelet = undefined;
    await this.#starting?.catch(() => {});
    const run = this.#run;
    if (run === undefined) return;
    await run.end(orderly);
    this.#forget(run);
  }

  /** Runs after `#end`, and if the process ends in another way: by itself, or killed by anyone. */
  #mourn(run: SidecarRun, how: RunEnd): void {
    if (this.#run === run && how === 'exited') this.#restartLater();
    this.#forget(run);
  }

  #restartLater(): void {
    const kubelet = setTimeout(() => {
      // A fault that was called meanwhile goes first, and may have made this one obsolete.
      const started = this.#inTurn(async () => {
        if (this.#kubelet === kubelet) await this.#start();
      });
      started.catch(() => {
        if (!this.#options.changes.isClosed) this.#restartLater();
      });
    }, this.#options.restartDelayMs);
    this.#kubelet = kubelet;
  }

  #forget(run: SidecarRun): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    this.#generation += 1;
    this.#isPaused = false;
    this.#claim = undefined;
    this.#openStreams = 0;
    this.#options.changes.notify();
  }

  #running(): SidecarRun {
    if (this.#run === undefined) throw new Error(`the sidecar of ${this.name} is gone: restart() it first`);
    return this.#run;
  }

  #note(news: SidecarNews): void {
    switch (news.kind) {
      case 'claim':
        this.#claim = news.leader;
        break;
      case 'request':
        this.#requests += 1;
        break;
      case 'streams':
        this.#openStreams = news.open;
        break;
    }
    this.#options.changes.notify();
  }
}
