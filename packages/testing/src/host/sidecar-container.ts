import type { Changes } from '../changes.ts';
import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarSettings } from '../sidecar/sidecar.ts';
import { SidecarReports } from './sidecar-reports.ts';
import type { RunEnd, SidecarRun, StartRun } from './sidecar-run.ts';

/** What a container needs from its election. */
export interface SidecarContainerOptions {
  readonly startRun: StartRun;
  /** Returns the settings for the next run. */
  readonly settings: () => Omit<SidecarSettings, 'port' | 'script'>;
  readonly restartDelayMs: number;
  /** Runs `task` once the faults called before it have ended. */
  readonly inTurn: (task: () => Promise<void>) => Promise<void>;
  readonly changes: Changes;
}

/** The sidecar's container in one pod: one run after another on the same port, restarted when the program exits. */
export class SidecarContainer {
  readonly reports: SidecarReports;
  readonly #options: SidecarContainerOptions;
  #starting: Promise<SidecarRun> | undefined;
  #run: SidecarRun | undefined;
  /** Restarts a sidecar that has exited by itself. */
  #restart: NodeJS.Timeout | undefined;
  #port = 0;
  #isPaused = false;
  #script: ScriptedAnswer | undefined;

  constructor(options: SidecarContainerOptions) {
    this.#options = options;
    this.reports = new SidecarReports(() => options.changes.notify());
  }

  /** The port of every run; 0 before the first. */
  get port(): number {
    return this.#port;
  }

  /** The process id of the present run; undefined if it shares the caller's process. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Whether there is a run, and whether it is paused. */
  get state(): 'running' | 'paused' | 'ended' {
    if (this.#run === undefined) return 'ended';
    return this.#isPaused ? 'paused' : 'running';
  }

  /** Starts a run and resolves once its sidecar listens. The run before it must have ended. */
  async start(): Promise<void> {
    const { changes, settings, startRun } = this.#options;
    changes.throwIfClosed();
    this.#starting = startRun({ ...settings(), port: this.#port, script: this.#script }, this.reports.startRun());
    try {
      const run = await this.#starting;
      this.#port = run.port;
      this.#run = run;
      void run.ended.then((how) => this.#onEnd(run, how));
    } finally {
      this.#starting = undefined;
    }
    this.reports.listening();
  }

  /** Ends the present run, even if it is still starting, and cancels a restart. */
  async end(orderly: boolean): Promise<void> {
    this.#cancelRestart();
    await this.#starting?.catch(() => {});
    const run = this.#run;
    if (run === undefined) return;
    await run.end(orderly);
    this.#forget(run);
    // The program may have exited by itself at the same time.
    this.#cancelRestart();
  }

  /** Stops the present run, as SIGSTOP does; throws if there is none. */
  pause(): void {
    this.#requireRun().stop();
    this.#isPaused = true;
    this.#options.changes.notify();
  }

  /** Continues the present run, as SIGCONT does; throws if there is none. */
  resume(): void {
    this.#requireRun().continue();
    this.#isPaused = false;
    this.#options.changes.notify();
  }

  /** Answers with `script` in this run and all later ones, or honestly if it is undefined. */
  async answer(script: ScriptedAnswer | undefined): Promise<void> {
    this.#script = script;
    const answering = this.#run?.answer(script);
    if (!this.#isPaused) await answering;
  }

  #onEnd(run: SidecarRun, how: RunEnd): void {
    if (this.#run === run && how === 'exited') this.#restartLater();
    this.#forget(run);
  }

  #restartLater(): void {
    const { changes, inTurn, restartDelayMs } = this.#options;
    const start = async (): Promise<void> => {
      // A fault that was called in the meantime goes first, and may have cancelled this restart.
      if (this.#restart !== restart) return;
      try {
        await this.start();
      } catch {
        if (!changes.isClosed) this.#restartLater();
      }
    };
    const restart = setTimeout(() => {
      inTurn(start).catch(() => {
        // It rejects only once the election is closed.
      });
    }, restartDelayMs);
    this.#restart = restart;
  }

  #cancelRestart(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
  }

  #forget(run: SidecarRun): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    this.#isPaused = false;
    this.reports.endRun();
  }

  #requireRun(): SidecarRun {
    if (this.#run !== undefined) return this.#run;
    throw new Error(`The sidecar of ${this.#options.settings().name} is gone. Call restart() first.`);
  }
}
