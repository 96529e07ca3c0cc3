import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromSidecar, ToSidecar } from './process-messages.ts';
import type { ScriptedAnswer } from './scripted-answer.ts';
import type { SidecarNews } from './sidecar.ts';
import type { SidecarRun, StartRun } from './sidecar-run.ts';

const program = new URL(
  import.meta.url.endsWith('.ts') ? './sidecar-process.ts' : './sidecar-process.js',
  import.meta.url,
);

/** Runs a sidecar as a process of its own, a child of the caller's. */
export const startProcess: StartRun = async (settings, tell) => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(fileURLToPath(program), [], {
    // None of the caller's own flags: a debugger's port, a test runner's loader.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send({ kind: 'start', settings } satisfies ToSidecar, () => {});
  return new ProcessRun(child, await listening(child, tell));
};

/** Resolves with the port; the news that comes before it, with it and after it goes to `tell`. */
async function listening(child: ChildProcess, tell: (news: SidecarNews) => void): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('message', (message: FromSidecar) => {
    if (message.kind === 'listening') resolve(message.port);
    else if (message.kind === 'failed') reject(new Error(`a sidecar's process failed: ${message.message}`));
    else if (message.kind !== 'answering') tell(message);
  });
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`a sidecar's process ended at its start: ${signal ?? code}`)));
  return promise;
}

class ProcessRun implements SidecarRun {
  readonly port: number;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #lastId = 0;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.ended = hasExited(child) ? Promise.resolve() : once(child, 'exit').then(() => undefined);
    // The election itself holds the caller's process for as long as it is open.
    child.unref();
    child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
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
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
