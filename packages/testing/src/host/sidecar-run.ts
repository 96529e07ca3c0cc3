import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarReport, SidecarSettings } from '../sidecar/sidecar.ts';

/** How a run ended: the program exited by itself, or it was killed. */
export type RunEnd = 'exited' | 'killed';

/** One run of a sidecar, from its start to its end, in this process or in its own. */
export interface SidecarRun {
  readonly port: number;
  /** The process id; undefined if the sidecar shares the caller's process. */
  readonly pid: number | undefined;
  /** Resolves when the run has ended, for whatever reason. */
  readonly ended: Promise<RunEnd>;
  /** SIGSTOP. */
  stop(): void;
  /** SIGCONT. */
  continue(): void;
  /** SIGKILL, or SIGTERM if `orderly`. Resolves once the run has ended. */
  end(orderly: boolean): Promise<void>;
  /** Answers with `script` from now on, or honestly if it is undefined. Resolves once that is in effect. */
  answer(script: ScriptedAnswer | undefined): Promise<void>;
}

/** Starts a run and resolves once its sidecar listens. */
export type StartRun = (settings: SidecarSettings, report: (report: SidecarReport) => void) => Promise<SidecarRun>;
