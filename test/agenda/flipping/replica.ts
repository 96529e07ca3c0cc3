import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Report, Order, ReplicaSettings } from './messages.ts';

const PROGRAM = fileURLToPath(new URL('replica-process.ts', import.meta.url));

/** A replica in its own process; emits its reports. */
export class Replica extends EventEmitter<{ report: [Report] }> {
  readonly name: string;
  readonly #child: ChildProcess;
  isKilled = false;
  #isEnding = false;

  constructor(name: string) {
    super();
    this.name = name;
    this.#child = fork(PROGRAM, { execArgv: ['--conditions=@cluster-leader/source'] });
    this.#child.on('message', (report: Report) => this.emit('report', report));
    this.#child.on('exit', (code, signal) => {
      if (!this.isKilled && !this.#isEnding) throw new Error(`${name} exited unexpectedly: ${signal ?? code}`);
    });
  }

  async start(settings: ReplicaSettings): Promise<void> {
    this.send({ do: 'start', settings });
    await this.#reported('ready');
  }

  send(order: Order): void {
    if (!this.isKilled) this.#child.send(order);
  }

  /** Resolves when it leads. */
  async elect(): Promise<void> {
    this.send({ do: 'elect' });
    await this.#reported('elected');
  }

  /** Resolves when it no longer leads: what it reports afterwards it did as a follower. */
  async demote(): Promise<void> {
    this.send({ do: 'demote' });
    await this.#reported('demoted');
  }

  async kill(): Promise<void> {
    this.isKilled = true;
    this.#child.kill('SIGKILL');
    // Its last reports are emitted before the event 'close'.
    await once(this.#child, 'close');
  }

  async end(): Promise<void> {
    if (this.isKilled) return;
    this.#isEnding = true;
    this.send({ do: 'end' });
    await once(this.#child, 'exit');
  }

  /** Resolves with the next report of this kind, or when the process exits. */
  #reported(what: Report['what']): Promise<void> {
    if (this.isKilled) return Promise.resolve();
    return new Promise((resolve) => {
      const child = this.#child;
      const onReport = (report: Report): void => {
        if (report.what === what) end();
      };
      const end = (): void => {
        this.off('report', onReport);
        child.off('exit', end);
        resolve();
      };
      this.on('report', onReport);
      child.on('exit', end);
    });
  }
}
