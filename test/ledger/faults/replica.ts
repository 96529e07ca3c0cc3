import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, ReplicaSettings, Report } from './messages.ts';

const PROGRAM = fileURLToPath(new URL('replica-process.ts', import.meta.url));
const SHIFTED_CLOCK = new URL('shifted-clock.ts', import.meta.url).href;

export interface ReplicaOptions {
  readonly settings: ReplicaSettings;
  /** By how much its clock is ahead, in milliseconds. Default 0. */
  readonly clockAheadMs?: number | undefined;
  /** Receives all of its reports. */
  readonly onReport: (report: Report) => void;
  /** Receives an error if it exits without being told to. */
  readonly onLost: (error: Error) => void;
}

/** A replica in its own process. */
export class Replica {
  readonly pod: string;
  readonly #child: ChildProcess;
  #isEnding = false;

  constructor({ settings, clockAheadMs, onReport, onLost }: ReplicaOptions) {
    this.pod = settings.pod;
    const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
    if (settings.host === 'nestjs') flags.push('--import=@oxc-node/core/register');
    if (clockAheadMs !== undefined) flags.push(`--import=${SHIFTED_CLOCK}`);
    const env = { ...process.env, CLOCK_AHEAD_MS: String(clockAheadMs ?? 0) };
    this.#child = fork(PROGRAM, { execArgv: flags, env, cwd: import.meta.dirname }); // flags are resolved from there
    this.#child.on('message', onReport);
    this.#child.on('exit', (code, signal) => {
      if (!this.#isEnding) onLost(new Error(`${this.pod} exited unexpectedly: ${signal ?? code}`));
    });
    this.#send({ do: 'start', settings });
  }

  /** Resolves when it can be elected. */
  async ready(): Promise<this> {
    await this.#reported('ready');
    return this;
  }

  async elect(): Promise<void> {
    this.#send({ do: 'elect' });
    await this.#reported('elected');
  }

  async demote(): Promise<void> {
    this.#send({ do: 'demote' });
    await this.#reported('demoted');
  }

  /** Blocks its event loop, and resolves once that is over. */
  async block(ms: number): Promise<void> {
    this.#send({ do: 'block', ms });
    await this.#reported('unblocked');
  }

  /** Resolves once its last reports have arrived. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  /** Shuts it down, and resolves once its last reports have arrived. */
  async end(): Promise<void> {
    if (this.#isEnding || !this.#child.connected) return;
    this.#isEnding = true;
    this.#send({ do: 'end' });
    await once(this.#child, 'close');
  }

  #send(order: Order): void {
    this.#child.send(order);
  }

  #reported(what: Report['what']): Promise<void> {
    return new Promise((resolve, reject) => {
      const onReport = (report: Report): void => {
        if (report.what === what) end(resolve);
      };
      const onExit = (): void => end(() => reject(new Error(`${this.pod} exited before it was ${what}.`)));
      const end = (settle: () => void): void => {
        this.#child.off('message', onReport).off('exit', onExit);
        settle();
      };
      this.#child.on('message', onReport).on('exit', onExit);
    });
  }
}
