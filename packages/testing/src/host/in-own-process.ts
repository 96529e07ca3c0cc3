import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarReport } from '../sidecar/sidecar.ts';
import { guardProcess } from './process-guard.ts';
import { LOST_EXIT_CODE, type FromSidecar, type ToSidecar } from './process-messages.ts';
import type { RunEnd, SidecarRun, StartRun } from './sidecar-run.ts';

// The build puts this code and the program into one folder.
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../sidecar-process.ts' : './sidecar-process.js',
  import.meta.url,
);

/** Runs a sidecar in its own process, a child of the caller's. */
export const startInOwnProcess: StartRun = async (settings, report) => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(fileURLToPath(program), [], {
    // The caller's flags must not reach it: a debugger's port, a test runner's loader.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send({ kind: 'start', settings } satisfies ToSidecar, () => {});
  return new ProcessRun(child, await listening(child, report));
};

/** Resolves with the port. Every report of the sidecar goes to `report`, for as long as the process runs. */
async function listening(child: ChildProcess, report: (report: SidecarReport) => void): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('message', (message: FromSidecar) => {
    if (message.kind === 'listening') resolve(message.port);
    else if (message.kind === 'failed') reject(new Error(`The process of a sidecar failed: ${message.message}`));
    else if (message.kind !== 'answering') report(message);
  });
  child.once('error', reject);
  child.once('exit', (code, signal) => {
    reject(new Error(`The process of a sidecar ended while it started: ${signal ?? `exit code ${code}`}.`));
  });
  return promise;
}

class ProcessRun implements SidecarRun {
  readonly port: number;
  readonly ended: Promise<RunEnd>;
  readonly #child: ChildProcess;
  /** Set while the process is stopped. */
  #dismissGuard: (() => void) | undefined;
  #lastId = 0;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.ended = this.#untilEnded();
    // The election keeps the caller's process alive until it is closed; its processes must not do so beyond that.
    child.unref();
    child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  stop(): void {
    const { pid } = this.#child;
    if (pid !== undefined) this.#dismissGuard ??= guardProcess(pid);
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
    this.#endGuard();
  }

  async end(orderly: boolean): Promise<void> {
    this.#child.ref();
    this.#child.kill(orderly ? 'SIGTERM' : 'SIGKILL');
    await this.ended;
  }

  async answer(script: ScriptedAnswer | undefined): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise: answering, resolve } = Promise.withResolvers<void>();
    const onMessage = (message: FromSidecar): void => {
      if (message.kind === 'answering' && message.id === id) resolve();
    };
    this.#child.on('message', onMessage);
    this.#child.send({ kind: 'answer', id, script } satisfies ToSidecar, () => {});
    await Promise.race([answering, this.ended]);
    this.#child.off('message', onMessage);
  }

  async #untilEnded(): Promise<RunEnd> {
    if (!hasExited(this.#child)) await once(this.#child, 'exit');
    this.#endGuard();
    return this.#child.exitCode === LOST_EXIT_CODE ? 'exited' : 'killed';
  }

  #endGuard(): void {
    this.#dismissGuard?.();
    this.#dismissGuard = undefined;
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
