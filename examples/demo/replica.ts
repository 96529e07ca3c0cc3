import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../node-cron/index.ts', import.meta.url));

/** One replica of the example, as a process of its own, and what it says. */
export class Replica {
  readonly name: string;
  readonly #child: ChildProcess;

  constructor(
    name: string,
    env: Readonly<Record<string, string>>,
    stderr: 'inherit' | 'ignore',
    onLine: (line: string) => void,
  ) {
    this.name = name;
    // The replicas of a real cluster have hostnames of their own, so that there is nothing to warn of.
    const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
    this.#child = spawn(process.execPath, [...flags, program], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', stderr],
    });
    if (this.#child.stdout !== null) createInterface(this.#child.stdout).on('line', onLine);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}
