/** How a command ended: with an exit code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Messages from the parent to a supervisor: to run a command, and to end it. */
export type ToSupervisor =
  | {
      readonly kind: 'run';
      /** The program and its arguments. */
      readonly argv: readonly string[];
      readonly env: NodeJS.ProcessEnv;
      readonly cwd: string;
      /** The sidecar beside the command, which is woken when the parent is gone, so that it can notice that and end. */
      readonly sidecarPid?: number | undefined;
    }
  | {
      readonly kind: 'end';
      readonly signal: NodeJS.Signals;
      /** How long all of the command's processes have for an end of their own before SIGKILL. */
      readonly graceMs: number;
    };

/** Messages from a supervisor to its parent. */
export type FromSupervisor =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'exited'; readonly exit: Exit };
