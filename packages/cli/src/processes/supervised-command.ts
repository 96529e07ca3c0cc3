import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { signalGroup } from './signal-group.ts';
import type { Exit, FromSupervisor, ToSupervisor } from './supervisor-messages.ts';

/** What to run, and where. */
export interface CommandOptions {
  /** A program and its arguments, run as they are; a single word is a line for the shell. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  /** `'pipe'` gives its output to the caller, `'inherit'` lets it use the caller's own streams. */
  readonly stdio: 'pipe' | 'inherit';
  /** The process of the sidecar beside it, if it has one. */
  readonly sidecarPid?: number | undefined;
}

const program = new URL(
  import.meta.url.endsWith('.ts') ? '../supervisor-process.ts' : './supervisor-process.js',
  import.meta.url,
);

/** The words to start: a single one, such as `'npm run build && node .'`, is left to the shell. */
function argvOf(command: readonly string[]): readonly string[] {
  const [line] = command;
  return command.length === 1 && line !== undefined ? ['/bin/sh', '-c', line] : command;
}

/**
 * Starts a command in a group of processes of its own, which is gone when the command ends, and killed when the caller's
 * process is gone, even by SIGKILL. Rejects if the command cannot be started.
 */
export async function startCommand(options: CommandOptions): Promise<SupervisedCommand> {
  const { command, env, cwd = process.cwd(), stdio, sidecarPid } = options;
  const { NODE_OPTIONS: _, ...ownEnv } = process.env;
  const supervisor = fork(fileURLToPath(program), [], {
    // None of the caller's own flags: a debugger's port, a test runner's loader.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: ownEnv,
    // Out of reach of the terminal's Ctrl-C and of signals to the caller's group.
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

/** A command that runs, or ran. */
export class SupervisedCommand {
  /** Resolves once the command runs; rejects with the reason if it cannot be started. */
  readonly started: Promise<void>;
  /** Resolves when the command has ended, and all that it started in its group. */
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
      started.reject(new Error('its supervisor has died'));
      exited.resolve({ code: null, signal: 'SIGKILL' });
    });
    this.started = started.promise;
    this.exited = exited.promise.then(async (exit) => {
      // If the supervisor was killed, nothing else ends the group.
      this.signal('SIGKILL');
      this.#pid = undefined;
      await gone;
      return exit;
    });
  }

  /** The command's own process, which leads its group; undefined once it has ended. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Its standard output and error, if they are piped. */
  get outputs(): readonly Readable[] {
    return [this.#supervisor.stdout, this.#supervisor.stderr].filter((stream) => stream !== null);
  }

  /** Signals its whole group; does nothing once it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#pid !== undefined) signalGroup(this.#pid, signal);
  }

  /** Asks all its processes to end, stopped or not, and kills after `graceMs` what is left of them. */
  async end(graceMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    // Where the supervisor is gone, so is the group.
    this.#supervisor.send({ kind: 'end', signal, graceMs } satisfies ToSupervisor, () => {});
    return this.exited;
  }
}
