import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { signalGroup } from './signal-group.ts';
import type { Exit, FromSupervisor, ToSupervisor } from './supervisor-messages.ts';

/** What to run, and how. */
export interface CommandOptions {
  /** A program and its arguments, run without a shell; a single word is a command line for the shell. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  /** `'pipe'` passes its output to the caller; `'inherit'` lets it use the caller's own streams. */
  readonly stdio: 'pipe' | 'inherit';
  /** The sidecar's process, if the command has a sidecar of its own. */
  readonly sidecarPid?: number | undefined;
}

const program = new URL(
  import.meta.url.endsWith('.ts') ? '../supervisor-process.ts' : './supervisor-process.js',
  import.meta.url,
);

/** The arguments to spawn: a single word, such as `'npm run build && node .'`, is run by the shell. */
function argvOf(command: readonly string[]): readonly string[] {
  const [line] = command;
  return command.length === 1 && line !== undefined ? ['/bin/sh', '-c', line] : command;
}

/**
 * Starts a command in a process group of its own. Rejects if the command cannot be started.
 *
 * When the command ends, the rest of the group is killed. When the caller's process ends, even by SIGKILL, the whole group
 * is killed.
 */
export async function startCommand(options: CommandOptions): Promise<SupervisedCommand> {
  const { command, env, cwd = process.cwd(), stdio, sidecarPid } = options;
  const { NODE_OPTIONS: _, ...ownEnv } = process.env;
  const supervisor = fork(fileURLToPath(program), [], {
    // The caller's own flags, such as a debugger's port or a test runner's loader, are not for this process.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: ownEnv,
    // The terminal's Ctrl-C and signals to the caller's group must not reach it.
    detached: true,
    stdio: [stdio === 'pipe' ? 'ignore' : 'inherit', stdio, stdio, 'ipc'],
  });
  const argv = argvOf(command);
  supervisor.send({ kind: 'run', argv, env, cwd, sidecarPid } satisfies ToSupervisor, () => {});
  const running = new SupervisedCommand(supervisor);
  await running.started.catch((error: unknown) => {
    throw new Error(`${argv[0]} cannot be started (${error instanceof Error ? error.message : String(error)})`);
  });
  return running;
}

/** A command that runs, or has ended. */
export class SupervisedCommand {
  /** Resolves once the command runs; rejects with the reason if it cannot be started. */
  readonly started: Promise<void>;
  /** Resolves when the command and all other processes of its group have ended. */
  readonly exited: Promise<Exit>;
  readonly #supervisor: ChildProcess;
  #pid: number | undefined;

  constructor(supervisor: ChildProcess) {
    this.#supervisor = supervisor;
    const started = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<Exit>();
    const gone = once(supervisor, 'exit');
    supervisor.on('message', (message: FromSupervisor) => {
      if (message.kind === 'started') {
        this.#pid = message.pid;
        started.resolve();
      }
      if (message.kind === 'failed') started.reject(new Error(message.code));
      if (message.kind === 'exited') exited.resolve(message.exit);
    });
    supervisor.once('error', started.reject);
    supervisor.once('disconnect', () => {
      started.reject(new Error('its supervisor has ended'));
      exited.resolve({ code: null, signal: 'SIGKILL' });
    });
    this.started = started.promise;
    this.exited = exited.promise.then(async (exit) => {
      // A supervisor that was killed cannot end the group.
      this.signal('SIGKILL');
      this.#pid = undefined;
      await gone;
      return exit;
    });
  }

  /** The process of the command, which leads the group; undefined once it has ended. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Standard output and standard error, if they are piped. */
  get outputs(): readonly Readable[] {
    return [this.#supervisor.stdout, this.#supervisor.stderr].filter((stream) => stream !== null);
  }

  /** Signals the whole group; does nothing once the command has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#pid !== undefined) signalGroup(this.#pid, signal);
  }

  /** Sends `signal` to the whole group, resumes what is stopped, and kills after `graceMs` what is still running. */
  async end(graceMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    // An error means that the supervisor is gone, and then `exited` kills the group.
    this.#supervisor.send({ kind: 'end', signal, graceMs } satisfies ToSupervisor, () => {});
    return this.exited;
  }
}
