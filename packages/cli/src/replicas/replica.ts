import type { Candidate, CutOffKind } from '@cluster-leader/testing';
import type { SupervisedCommand } from '../processes/supervised-command.ts';
import type { Pod } from './pod.ts';
import type { ReplicaState, ReplicaView } from './replica-view.ts';
import { Restarts } from './restarts.ts';
import { StepQueue } from './step-queue.ts';

/** What a replica needs from its set. */
export interface ReplicaOptions {
  readonly pod: Pod;
  readonly port: number;
  /** Whether its pod holds the lock of the election. */
  readonly holdsLock: () => boolean;
  /** Whether it is restarted when it dies. */
  readonly restart: boolean;
  /** How long its app has to end by itself before SIGKILL when it is restarted, in milliseconds. */
  readonly graceMs: number;
  readonly onChange: () => void;
}

/** One replica on this machine: carries out what is done to its pod, one step after the other. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #pod: Pod;
  readonly #restarts = new Restarts();
  /** A kill during a start must wait until there is a process to kill. */
  readonly #steps = new StepQueue();
  #state: ReplicaState = 'starting';
  #isCutOff = false;
  #isClosing = false;
  #problem: string | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#pod = options.pod;
  }

  /** The name of its pod, such as `pod-1`. */
  get name(): string {
    return this.candidate.name;
  }

  /** Its sidecar, for faults that the replica has no method for. */
  get candidate(): Candidate {
    return this.#pod.candidate;
  }

  /** Whether its app runs, is paused, is being started or ended, or has ended. */
  get state(): ReplicaState {
    return this.#state;
  }

  /** The process of its app, which leads a process group of its own; undefined once it has ended. */
  get pid(): number | undefined {
    return this.#pod.app?.pid;
  }

  /** Describes the replica at this moment, as plain data. */
  view(): ReplicaView {
    return {
      name: this.name,
      port: this.#options.port,
      state: this.#state,
      leads: this.candidate.claimsToLead,
      holdsLock: this.#options.holdsLock(),
      isCutOff: this.#isCutOff,
      exit: this.#pod.exit,
      problem: this.#problem,
    };
  }

  /** Starts the app, and its sidecar if it has ended. Rejects if the command cannot be started. */
  async start(): Promise<void> {
    await this.#steps.run(() => this.#start());
  }

  /** Ends app and sidecar with SIGKILL. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#steps.run(() => this.#end(0));
  }

  /** Ends the app with SIGTERM, or with SIGKILL after the grace period, and starts app and sidecar again. */
  async restart(): Promise<void> {
    await this.#steps.run(async () => {
      await this.#end(this.#options.graceMs);
      this.#restarts.forget();
      await this.#start();
    });
  }

  /** Pauses app and sidecar with SIGSTOP; does nothing unless the app runs. */
  async pause(): Promise<void> {
    await this.#steps.run(async () => {
      if (this.#state !== 'running') return;
      await this.#pod.pause();
      this.#become('paused');
    });
  }

  /** Cuts the sidecar off from the API server; see `Candidate.cutOff()` for the kinds. */
  async cutOff(kind?: CutOffKind): Promise<void> {
    await this.#steps.run(async () => {
      await this.candidate.cutOff(kind);
      this.#isCutOff = true;
      this.#options.onChange();
    });
  }

  /** Ends a pause and a cut-off. */
  async heal(): Promise<void> {
    await this.#steps.run(async () => {
      await this.candidate.heal();
      this.#isCutOff = false;
      await this.#pod.resume();
      this.#become(this.#state === 'paused' ? 'running' : this.#state);
    });
  }

  /** Signals the app and all processes that it started, but not its sidecar. */
  signal(signal: NodeJS.Signals): void {
    this.#pod.app?.signal(signal);
  }

  /** Ends the app for good, with SIGTERM and after `graceMs` with SIGKILL, then its sidecar. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#restarts.cancel();
    if (graceMs === 0) this.signal('SIGKILL');
    await this.#steps.run(() => this.#end(graceMs));
  }

  async #start(): Promise<void> {
    this.#restarts.cancel();
    if (this.#isClosing || this.#pod.app !== undefined) return;
    this.#problem = undefined;
    this.#become('starting');
    try {
      const app = await this.#pod.start();
      void app.exited.then(() => this.#steps.run(() => this.#endAfter(app)));
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#die();
      throw error;
    }
    this.#become('running');
  }

  /** Ends the sidecar of an app that has ended by itself. */
  async #endAfter(app: SupervisedCommand): Promise<void> {
    if (this.#pod.app === app) await this.#end(0);
  }

  async #end(graceMs: number): Promise<void> {
    if (this.#pod.app === undefined) return;
    this.#become('ending');
    await this.#pod.end(graceMs);
    this.#die();
  }

  /** Plans the restart; without one the pod is deleted, as that of a Deployment that is scaled down. */
  #die(): void {
    this.#become('dead');
    if (!this.#options.restart || this.#isClosing) {
      this.candidate.deletePod();
      return;
    }
    // If the start fails, view() shows the problem, and the next restart is planned.
    this.#restarts.plan(this.#pod.ageMs, () => void this.start().catch(() => {}));
  }

  #become(state: ReplicaState): void {
    this.#state = state;
    this.#options.onChange();
  }
}
