import { Sidecar } from '../sidecar/sidecar.ts';
import type { SidecarNews, SidecarSettings } from '../sidecar/sidecar.ts';
import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';

/** How a run ended: the program gave up by itself, or was killed. */
export type RunEnd = 'exited' | 'killed';

/** One run of a sidecar, from its start to its end, wherever it is hosted. */
export interface SidecarRun {
  readonly port: number;
  /** The process that it has to itself, if it has. */
  readonly pid: number | undefined;
  /** Resolves when the run is over, for whatever reason. */
  readonly ended: Promise<RunEnd>;
  /** SIGSTOP. */
  stop(): void;
  /** SIGCONT. */
  continue(): void;
  /** SIGKILL, or SIGTERM for an orderly end. */
  end(orderly: boolean): Promise<void>;
  answer(script: ScriptedAnswer | undefined): Promise<void>;
}

/** Starts a run and resolves once its sidecar listens. */
export type StartRun = (settings: SidecarSettings, report: (news: SidecarNews) => void) => Promise<SidecarRun>;

/** Runs a sidecar in the caller's own process. */
export const startHere: StartRun = async (settings, report) => {
  const sidecar = new Sidecar(settings, report);
  const port = await sidecar.start();
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd>();
  const end = async (how: RunEnd): Promise<void> => {
    await sidecar.end();
    resolve(how);
  };
  void sidecar.exited.then(() => end('exited'));
  return {
    port,
    pid: undefined,
    ended,
    stop: () => sidecar.stop(),
    continue: () => sidecar.continue(),
    // The real programs do nothing on SIGTERM that they would not do on SIGKILL.
    end: () => end('killed'),
    answer: (script) => sidecar.answer(script),
  };
};
