import { AsyncLocalStorage } from 'node:async_hooks';
import { ClusterLeaderError } from '@cluster-leader/core';
import { processWide } from '@cluster-leader/core/adapter-kit';

/** One attempt to run one slot of a job. */
export interface Run {
  readonly job: string;
  readonly slot: Date;
  /** Counts from 1; more than 1 only with `interrupted: 'rerun'`. */
  readonly attempt: number;
  /** Whether a sweep makes the run up, or runs it again, as opposed to the host's tick at its time. */
  readonly madeUp: boolean;
  /**
   * Identifies the slot, whatever the attempt and the pod: an idempotency key for what the run does elsewhere.
   *
   * A claim does not stop a process that was paused from acting late; whoever receives this key can.
   */
  readonly key: string;
  /** Aborts with ERR_NOT_LEADER when the term ends, the host or the ledger stops, or the claim lapses. It is the signal of the run's term. */
  readonly signal: AbortSignal;
  /** Throws ERR_NOT_LEADER once `signal` has aborted, or another pod may have taken the run over. Call it right before a side effect. */
  assertClaimed(): void;
}

/** Shared by all copies of this package in the process, so that a task finds its run whichever copy it imports. */
const tasks = processWide('runs', () => new AsyncLocalStorage<Run>());

/** Returns the run of the task in which it is called; throws ERR_NO_TERM outside of a task that the ledger runs. */
export function currentRun(): Run {
  const run = tasks.getStore();
  if (run !== undefined) return run;
  throw new ClusterLeaderError(
    'ERR_NO_TERM',
    'currentRun() was called outside of a run with a ledger. Call it in a scheduled task; a run by hand has no slot.',
  );
}

/** Calls `task` so that `currentRun()` returns `run` inside it. */
export function inRun<T>(run: Run, task: () => T): T {
  return tasks.run(run, task);
}
