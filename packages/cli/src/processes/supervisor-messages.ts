/** How a command ended: with an exit code, or through a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Messages from the parent to a supervisor: run a command, and end it. */
export type ToSupervisor =
  | {
      readonly kind: 'run';
      /** The program and its arguments. */
      readonly argv: readonly string[];
      readonly env: NodeJS.ProcessEnv;
      readonly cwd: string;
      /** The sidecar's process, which is resumed when the parent is gone: a paused one could not notice that, and end. */
      readonly sidecarPid?: number | undefined;
    }
  | {
      readonly kind: 'end';
      readonly signal: NodeJS.Signals;
      /** How long the processes of the group have to end by themselves before SIGKILL. */
      readonly graceMs: number;
    };

/** Messages from a supervisor to its parent. */
export type FromSupervisor =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'exited'; readonly exit: Exit };
