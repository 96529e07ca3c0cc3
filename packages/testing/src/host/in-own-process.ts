import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { LOST_EXIT_CODE, type FromSidecar, type ToSidecar } from './process-messages.ts';
import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarNews } from '../sidecar/sidecar.ts';
import type { RunEnd, SidecarRun, StartRun } from './sidecar-run.ts';

const program = new URL(
  import.meta.url.endsWith('.ts') ? '../sidecar-process.ts' : './sidecar-process.js',
  import.meta.url,
);

/** Runs a sidecar as a process of its own, a child of the caller's. */
export const startProcess: StartRun = async (settings, report) => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(fileURLToPath(program), [], {
    // None of the caller's own flags: a debugger's port, a test runner's loader.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send({ kind: 'start', settings } satisfies ToSidecar, () => {});
  return new ProcessRun(child, await listening(child, report));
};

/** Resolves with the port; the news that comes before it, with it and after it goes to `report`. */
async function listening(child: ChildProcess, report: (news: SidecarNews) => void): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('message', (message: FromSidecar) => {
    if (message.kind === 'listening') resolve(message.port);
    else if (message.kind === 'failed') reject(new Error(`a sidecar's process failed: ${message.message}`));
    else if (message.kind !== 'answering') report(message);
  });
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`a sidecar's process ended at its start: ${signal ?? code}`)));
  return promise;
}

class ProcessRun implements SidecarRun {
  readonly port: number;
  readonly ended: Promise<RunEnd>;
  readonly #child: ChildProcess;
  /** While the process is stopped. */
  #guard: ChildProcess | undefined;
  #lastId = 0;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.ended = this.#untilEnded();
    // The election itself holds the caller's process for as long as it is open.
    child.unref();
    child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  stop(): void {
    this.#guard ??= startGuard(this.#child.pid);
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
    this.#dismissGuard();
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
    this.#dismissGuard();
    return this.#child.exitCode === LOST_EXIT_CODE ? 'exited' : 'killed';
  }

  #dismissGuard(): void {
    this.#guard?.kill('SIGKILL');
    this.#guard = undefined;
  }
}

/**
 * Kills the process `pid` when this one ends, in whatever way: a stopped process does not notice that by itself.
 *
 * Its standard input ends with this process. It has a session of its own, out of reach of the terminal's Ctrl-C.
 */
function startGuard(pid: number | undefined): ChildProcess | undefined {
  if (pid === undefined) return undefined;
  const script = `read -r _; kill -KILL ${pid}`;
  const guard = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Without a shell there is no guard; without SIGSTOP, on Windows, there is nothing to guard.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return guard;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
