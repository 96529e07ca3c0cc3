/** How a command ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What the parent tells a supervisor: what to run, and then, if need be, to end it. */
export type ToSupervisor =
  | {
      readonly kind: 'run';
      /** The program and its arguments. */
      readonly argv: readonly string[];
      readonly env: NodeJS.ProcessEnv;
      readonly cwd: string;
      /** The sidecar beside the command, which is woken when the parent is gone, so that it can see that itself. */
      readonly sidecarPid?: number | undefined;
    }
  | {
      readonly kind: 'end';
      readonly signal: NodeJS.Signals;
      /** How long all of the command's processes have for an end of their own before SIGKILL. */
      readonly graceMs: number;
    };

/** What a supervisor tells its parent. */
export type FromSupervisor =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'exited'; readonly exit: Exit };
