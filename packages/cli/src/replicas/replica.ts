import type { Candidate, CutOffKind } from '@cluster-leader/testing';
import { ReplicaOutput, type OnOutput } from './output/replica-output.ts';
import type { ReplicaState, ReplicaView } from './replica-view.ts';
import { Restarts } from './restarts.ts';
import { startCommand, type SupervisedCommand } from '../processes/supervised-command.ts';
import type { Exit } from '../processes/supervisor-messages.ts';

/** What a replica needs of its set. */
export interface ReplicaOptions {
  readonly candidate: Candidate;
  readonly port: number;
  readonly command: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly restart: boolean;
  readonly graceMs: number;
  readonly onOutput: OnOutput;
  readonly onChange: () => void;
}

/** One pod on this machine: the user's app and its sidecar, which live and die together. */
export class Replica {
  readonly #options: ReplicaOptions;
  #state: ReplicaState = 'starting';
  #app: SupervisedCommand | undefined;
  #startedAtMs = 0;
  #isCutOff = false;
  #exit: Exit | undefined;
  #problem: string | undefined;
  readonly #restarts = new Restarts();
  #isClosing = false;
  /** One step after the other: a kill while it starts waits until there is something to kill. */
  #last: Promise<void> = Promise.resolve();
  readonly #output: ReplicaOutput;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#output = new ReplicaOutput((lines) => options.onOutput(this.name, lines));
  }

  get name(): string {
    return this.candidate.name;
  }

  /** Its sidecar, for faults that the replica's own members do not have. */
  get candidate(): Candidate {
    return this.#options.candidate;
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** The process of its app, which leads a group of its own. */
  get pid(): number | undefined {
    return this.#app?.pid;
  }

  view(): ReplicaView {
    const { candidate, port } = this.#options;
    return {
      name: this.name,
      port,
      state: this.#state,
      leads: candidate.claimsToLead,
      isCutOff: this.#isCutOff,
      exit: this.#exit,
      problem: this.#problem,
    };
  }

  /** Starts the app, and its sidecar if that has ended. Rejects if the command cannot be started. */
  async start(): Promise<void> {
    await this.#do(() => this.#start());
  }

  /** Ends app and sidecar by SIGKILL. */
  async kill(): Promise<void> {
    this.#app?.signal('SIGKILL');
    await this.#do(() => this.#end(0));
  }

  /** Ends the app by SIGTERM, or SIGKILL when the grace is over, and starts app and sidecar again. */
  async restart(): Promise<void> {
    await this.#do(async () => {
      await this.#end(this.#options.graceMs);
      this.#restarts.forget();
      await this.#start();
    });
  }

  /** Pauses app and sidecar with SIGSTOP. */
  async pause(): Promise<void> {
    await this.#do(async () => {
      if (this.#state !== 'running') return;
      this.signal('SIGSTOP');
      if (this.candidate.state === 'running') await this.candidate.pause();
      this.#become('paused');
    });
  }

  /** Cuts the sidecar off from the API server, as described at `Candidate.cutOff()`. */
  async cutOff(kind?: CutOffKind): Promise<void> {
    await this.#do(async () => {
      await this.candidate.cutOff(kind);
      this.#isCutOff = true;
      this.#options.onChange();
    });
  }

  /** Ends a pause and a cut-off. */
  async heal(): Promise<void> {
    await this.#do(async () => {
      await this.candidate.heal();
      this.#isCutOff = false;
      if (this.candidate.state === 'paused') await this.candidate.resume();
      this.signal('SIGCONT');
      this.#become(this.#state === 'paused' ? 'running' : this.#state);
    });
  }

  /** Signals the app and all that it started, but not its sidecar. */
  signal(signal: NodeJS.Signals): void {
    this.#app?.signal(signal);
  }

  /** Ends the app for good, by SIGTERM and after `graceMs` by SIGKILL, then its sidecar. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#restarts.cancel();
    if (graceMs === 0) this.signal('SIGKILL');
    await this.#do(() => this.#end(graceMs));
  }

  /** Resolves when all that the app has written was taken. */
  async drained(): Promise<void> {
    await this.#output.drained();
  }

  /** Stops reading what the app has written, taken or not. */
  discardOutput(): void {
    this.#output.discard();
  }

  async #do(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    await done;
  }

  async #start(): Promise<void> {
    this.#restarts.cancel();
    if (this.#isClosing || this.#app !== undefined) return;
    const { candidate, command, cwd, env, port } = this.#options;
    this.#problem = undefined;
    this.#become('starting');
    try {
      if (candidate.state === 'ended') await candidate.restart();
      this.#app = await startCommand({
        command,
        cwd,
        env: { ...env, ...candidate.env, PORT: String(port) },
        stdio: 'pipe',
        sidecarPid: candidate.pid,
      });
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      await this.#bury();
      throw error;
    }
    const app = this.#app;
    this.#startedAtMs = performance.now();
    this.#output.read(app.outputs);
    void app.exited.then(() => this.#do(async () => this.#mourn(app)));
    this.#become('running');
  }

  /** Follows an end of the app that nothing here asked for. */
  async #mourn(app: SupervisedCommand): Promise<void> {
    if (this.#app === app) await this.#end(0);
  }

  async #end(graceMs: number): Promise<void> {
    const app = this.#app;
    if (app === undefined) return;
    this.#become('ending');
    if (graceMs === 0) {
      app.signal('SIGKILL');
      // Together, as a machine that loses its power.
      [this.#exit] = await Promise.all([app.exited, this.candidate.kill()]);
    } else {
      this.#exit = await app.end(graceMs);
    }
    this.#app = undefined;
    await this.#bury();
  }

  /** A dead replica is a dead candidate. */
  async #bury(): Promise<void> {
    const { candidate, restart } = this.#options;
    await candidate.kill();
    this.#become('dead');
    if (!restart || this.#isClosing) {
      candidate.deletePod();
      return;
    }
    // A start that fails shows as the replica's problem, and is tried again.
    this.#restarts.plan(performance.now() - this.#startedAtMs, () => void this.start().catch(() => {}));
  }

  #become(state: ReplicaState): void {
    this.#state = state;
    this.#options.onChange();
  }
}
