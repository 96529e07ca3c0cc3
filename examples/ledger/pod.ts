import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Candidate } from '@cluster-leader/testing';
import type { DemoEvent } from './demo-event.ts';

const PROGRAM = fileURLToPath(new URL('replica.ts', import.meta.url));

interface PodOptions {
  /** The variables that the app needs beside those of its sidecar. */
  readonly env: Readonly<Record<string, string>>;
  /** Receives what the app reports. */
  readonly onEvent: (event: DemoEvent) => void;
  /** Receives each other line that the app prints, such as a warning. */
  readonly onOutput: (pod: string, line: string) => void;
}

/** A pod: the replica and its sidecar, each in a process of its own. */
export class Pod {
  readonly #candidate: Candidate;
  readonly #options: PodOptions;
  #app: ChildProcess;

  constructor(candidate: Candidate, options: PodOptions) {
    this.#candidate = candidate;
    this.#options = options;
    this.#app = this.#start();
  }

  get name(): string {
    return this.#candidate.name;
  }

  /** Kills the app and its sidecar, as the loss of the machine does. */
  async kill(): Promise<void> {
    await Promise.all([this.endApp(), this.#candidate.kill()]);
  }

  /** Starts both again, as a kubelet does. */
  async restart(): Promise<void> {
    await this.#candidate.restart();
    this.#app = this.#start();
  }

  /** Lets what the sidecar sends to the API server vanish. If it leads, it goes on claiming so. */
  async cutOff(): Promise<void> {
    await this.#candidate.cutOff('sidecar', 'black-hole');
  }

  async reconnect(): Promise<void> {
    await this.#candidate.heal();
  }

  async endApp(): Promise<void> {
    if (this.#app.exitCode !== null || this.#app.signalCode !== null) return;
    const exited = once(this.#app, 'exit');
    this.#app.kill('SIGKILL');
    await exited;
  }

  #start(): ChildProcess {
    const app = fork(PROGRAM, {
      execArgv: ['--conditions=@cluster-leader/source'],
      env: { ...process.env, ...this.#candidate.env, ...this.#options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    if (app.stdout !== null) createInterface(app.stdout).on('line', (line) => this.#read(line));
    if (app.stderr !== null) createInterface(app.stderr).on('line', (line) => this.#options.onOutput(this.name, line));
    return app;
  }

  #read(line: string): void {
    const [word, slot = ''] = line.split(' ');
    const event = { atMs: Date.now(), pod: this.name };
    if (word === 'elected' || word === 'demoted') this.#options.onEvent({ ...event, what: word });
    else if (word === 'began') this.#options.onEvent({ ...event, what: word, slotMs: Date.parse(slot) });
    else if (word === 'claimed') this.#options.onEvent({ ...event, what: 'refused', slotMs: Date.parse(slot) });
    else this.#options.onOutput(this.name, line);
  }
}
