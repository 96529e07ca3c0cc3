import type { ApiPath, CutOffKind } from './api-path.ts';
import type { Changes, WaitOptions } from './changes.ts';
import { traitsOf } from './dialect.ts';
import type { Dialect, DialectTraits } from './dialect.ts';
import type { ElectionTiming } from './election-options.ts';
import type { LeaseStore } from './lease-store.ts';
import type { ScriptedAnswer } from './scripted-answer.ts';
import type { SidecarNews } from './sidecar.ts';
import type { SidecarRun, StartRun } from './sidecar-run.ts';

/** Whether a candidate's sidecar runs, is stopped in its tracks, or is gone. */
export type CandidateState = 'running' | 'paused' | 'ended';

/** The environment variables that a pod finds beside its sidecar. */
export type CandidateEnv = {
  readonly MY_POD_NAME: string;
  readonly ELECTOR_GET_URL: string;
  /** Only where the dialect streams events. */
  readonly ELECTOR_SSE_URL?: string;
};

/** What a candidate needs of its election. */
export interface CandidateOptions {
  readonly name: string;
  readonly dialect: Dialect;
  readonly timing: ElectionTiming;
  readonly path: ApiPath;
  readonly store: LeaseStore;
  readonly changes: Changes;
  readonly startRun: StartRun;
}

/** One pod of the election: its sidecar, which answers at `url`, and all that can go wrong with it. */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #traits: DialectTraits;
  #starting: Promise<SidecarRun> | undefined;
  #run: SidecarRun | undefined;
  /** Tells the news of this run from late news of an earlier one. */
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

  /** Where its sidecar streams changes; undefined where the dialect does not. */
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
   * Whom its sidecar names as the leader: '' where it knows of none, undefined while it is not there.
   *
   * It is what the sidecar believes, right or wrong, whatever it is scripted to answer. While paused it is the last.
   */
  get claim(): string | undefined {
    return this.#claim;
  }

  /** Whether its sidecar names itself. More than one candidate may. */
  get claimsToLead(): boolean {
    return this.#claim === this.name;
  }

  /** How many requests its sidecars have got so far. News of it comes a moment late from a process of its own. */
  get requests(): number {
    return this.#requests;
  }

  /** How many event streams are open at its sidecar. News of it comes a moment late from a process of its own. */
  get openStreams(): number {
    return this.#openStreams;
  }

  /** Resolves with the next claim that differs from the present one; it counts from the call. */
  async nextClaim(options?: WaitOptions): Promise<string> {
    const before = this.#claim;
    await this.#options.changes.until(() => this.#claim !== undefined && this.#claim !== before, options);
    return this.#claim ?? '';
  }

  /** Ends the sidecar as SIGKILL does: its connections are refused, and what it holds it goes on holding. */
  async kill(): Promise<void> {
    await this.#end(false);
  }

  /**
   * Ends the pod in an orderly way, as a rollout does, and resolves once its sidecar is gone.
   *
   * The sidecars get SIGTERM and hand nothing over. Where the lease expires the others wait for that; where it belongs to
   * the pod they take over when the pod object is deleted, which this does.
   */
  async leave(): Promise<void> {
    // A stopped process would never see SIGTERM; in the end the kubelet kills it.
    await this.#end(this.state !== 'paused');
    this.deletePod();
  }

  /**
   * Deletes the pod object, while the sidecar goes on if it runs.
   *
   * With `nais` a lease that it holds is gone 0.05 leases later (0.5 s by default), and this candidate takes none before
   * its restart. On the others it changes nothing.
   */
  deletePod(): void {
    const { store, timing } = this.#options;
    if (!this.#traits.leaseExpires) store.deletePod(this.name, timing.leaseDurationMs / 20);
  }

  /** Starts the sidecar again under its name and port, and resolves once it listens. One that runs is killed first. */
  async restart(): Promise<void> {
    await this.#end(false);
    const { changes, dialect, name, path, startRun, store, timing } = this.#options;
    changes.throwIfClosed();
    store.createPod(this.name);
    this.#generation += 1;
    const generation = this.#generation;
    const tell = (news: SidecarNews): void => {
      if (this.#generation === generation) this.#hear(news);
    };
    const settings = { name, dialect, timing, apiUrl: path.url, port: this.#port, script: this.#script };
    this.#starting = startRun(settings, tell);
    try {
      const run = await this.#starting;
      this.#port = run.port;
      this.#run = run;
      this.#claim ??= '';
      void run.ended.then(() => this.#forget(run));
    } finally {
      this.#starting = undefined;
    }
    changes.notify();
  }

  /** Stops the sidecar where it stands, as SIGSTOP does: it accepts connections and answers nothing. */
  async pause(): Promise<void> {
    this.#running().stop();
    this.#isPaused = true;
    this.#options.changes.notify();
  }

  /** Lets a paused sidecar go on, as SIGCONT does. It begins by believing what it believed before. */
  async resume(): Promise<void> {
    this.#running().continue();
    this.#isPaused = false;
    this.#options.changes.notify();
  }

  /**
   * Cuts the sidecar off from the API server until `heal()`; its own answers still arrive.
   *
   * `refused` ends a claim of `leader-elector` at about the renew deadline. Behind a `black-hole` it claims without bound,
   * as the real ones do. Default `refused`.
   */
  async cutOff(kind: CutOffKind = 'refused'): Promise<void> {
    await this.#options.path.cutOff(kind);
  }

  /** Restores the way to the API server. */
  async heal(): Promise<void> {
    await this.#options.path.heal();
  }

  /**
   * Answers every request by `script` instead of the truth, until `answerHonestly()`; a restart does not end it.
   *
   * Resolves once it is in effect, or at once where the sidecar is paused or gone. Event streams that are already open
   * stay as they are, except with `refuse`.
   */
  async answer(script: ScriptedAnswer): Promise<void> {
    await this.#say(script);
  }

  /** Takes a scripted answer back. Requests that it left hanging go on hanging. */
  async answerHonestly(): Promise<void> {
    await this.#say(undefined);
  }

  async #say(script: ScriptedAnswer | undefined): Promise<void> {
    this.#script = script;
    const answering = this.#run?.answer(script);
    if (!this.#isPaused) await answering;
  }

  async #end(orderly: boolean): Promise<void> {
    await this.#starting?.catch(() => {});
    const run = this.#run;
    if (run === undefined) return;
    await run.end(orderly);
    this.#forget(run);
  }

  /** Not only after `#end`: a process may be killed by anyone. */
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

  #hear(news: SidecarNews): void {
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
