import type { Candidate } from '@cluster-leader/testing';
import { startCommand, type SupervisedCommand } from '../processes/supervised-command.ts';
import type { Exit } from '../processes/supervisor-messages.ts';
import type { ReplicaOutput } from './output/replica-output.ts';

/** What a pod consists of, and where its output goes. */
export interface PodOptions {
  readonly candidate: Candidate;
  readonly command: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly output: ReplicaOutput;
}

/** The processes of one pod on this machine: the user's app and its sidecar, which start and end together. */
export class Pod {
  readonly #options: PodOptions;
  #app: SupervisedCommand | undefined;
  #startedAtMs = 0;
  #exit: Exit | undefined;

  constructor(options: PodOptions) {
    this.#options = options;
  }

  /** The sidecar. */
  get candidate(): Candidate {
    return this.#options.candidate;
  }

  /** The app; undefined once it has ended. */
  get app(): SupervisedCommand | undefined {
    return this.#app;
  }

  /** How the app ended last; undefined before its first end. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** The time since the last start, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** Starts the app, and the sidecar if it has ended. If the command cannot be started, ends the sidecar and rejects. */
  async start(): Promise<SupervisedCommand> {
    const { candidate, command, cwd, env, output } = this.#options;
    this.#startedAtMs = performance.now();
    try {
      if (candidate.state === 'ended') await candidate.restart();
      const ownEnv = { ...env, ...candidate.env };
      const app = await startCommand({ command, cwd, env: ownEnv, stdio: 'pipe', sidecarPid: candidate.pid });
      this.#app = app;
      output.read(app.outputs);
      return app;
    } catch (error) {
      await candidate.kill();
      throw error;
    }
  }

  /** Pauses app and sidecar with SIGSTOP. */
  async pause(): Promise<void> {
    this.#app?.signal('SIGSTOP');
    if (this.candidate.state === 'running') await this.candidate.pause();
  }

  /** Ends a pause. */
  async resume(): Promise<void> {
    if (this.candidate.state === 'paused') await this.candidate.resume();
    this.#app?.signal('SIGCONT');
  }

  /** Ends the app with SIGTERM, and with SIGKILL after `graceMs`, then the sidecar; 0 kills both at the same time. */
  async end(graceMs: number): Promise<void> {
    const app = this.#app;
    if (app === undefined) return;
    if (graceMs === 0) {
      app.signal('SIGKILL');
      // A machine that loses its power loses both at the same time.
      [this.#exit] = await Promise.all([app.exited, this.candidate.kill()]);
    } else {
      this.#exit = await app.end(graceMs);
    }
    this.#app = undefined;
    await this.candidate.kill();
  }
}
