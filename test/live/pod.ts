import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Candidate } from '@cluster-leader/testing';

const PROGRAM = fileURLToPath(new URL('replica.ts', import.meta.url));

export interface PodOptions {
  readonly tickMs: number;
  readonly leaseDurationMs: number;
  readonly hasLock: boolean;
  readonly onTick: (tick: number, pod: string) => void;
}

/** A pod of the live table: a sidecar of the election, and the app beside it in a process of its own. */
export class Pod {
  readonly candidate: Candidate;
  readonly #options: PodOptions;
  #app: ChildProcess;

  constructor(candidate: Candidate, options: PodOptions) {
    this.candidate = candidate;
    this.#options = options;
    this.#app = this.#start();
  }

  get name(): string {
    return this.candidate.name;
  }

  pauseApp(): void {
    this.#app.kill('SIGSTOP');
  }

  resumeApp(): void {
    this.#app.kill('SIGCONT');
  }

  /** Ends app and sidecar, as the deletion of the pod does. */
  async leave(): Promise<void> {
    await Promise.all([this.#end('SIGTERM'), this.candidate.leave()]);
  }

  /** Starts sidecar and app again. */
  async join(): Promise<void> {
    await this.candidate.restart();
    this.#app = this.#start();
  }

  async close(): Promise<void> {
    await this.#end('SIGKILL'); // also ends a process that is paused
  }

  #start(): ChildProcess {
    const { tickMs, leaseDurationMs, hasLock, onTick } = this.#options;
    const app = fork(PROGRAM, [String(tickMs), hasLock ? 'lock' : 'alone'], {
      execArgv: ['--conditions=@cluster-leader/source'],
      env: { ...process.env, ...this.candidate.env, CLUSTER_LEADER_LEASE: `${leaseDurationMs}ms` },
    });
    app.on('message', (tick) => onTick(Number(tick), this.name));
    return app;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#app.exitCode !== null || this.#app.signalCode !== null) return;
    const exited = once(this.#app, 'exit');
    this.#app.kill(signal);
    await exited;
  }
}
