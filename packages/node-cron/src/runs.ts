import { ClusterLeaderError } from '@cluster-leader/core';
import { RunTracker, withLimit } from '@cluster-leader/core/adapter-kit';
import { nodeCron } from '#node-cron';
import type { ScheduledTask } from 'node-cron';

/** One for the whole process, since node-cron has one set of tasks, and `shutdown()` ends all of them. */
let ending = new AbortController();
let runs = new RunTracker();
let ended: Promise<unknown> = Promise.resolve();

/** Aborts at the next `shutdown()`. */
export function endingSignal(): AbortSignal {
  return ending.signal;
}

/** Makes `shutdown()` wait for a run. node-cron itself awaits one run of each task, and none by hand. */
export function trackRun<T>(name: string, run: Promise<T>): Promise<T> {
  return runs.track(name, run);
}

/** Makes `shutdown()` wait for the runs of a background task, which only its events report. */
export function trackEvents(task: ScheduledTask): void {
  const underWay = new Map<string, () => void>();
  task.on('execution:started', ({ execution }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    underWay.set(execution?.id ?? '', resolve);
    void trackRun(task.name ?? task.id, promise);
  });
  const end: Parameters<ScheduledTask['on']>[1] = ({ execution }) => {
    underWay.get(execution?.id ?? '')?.();
    underWay.delete(execution?.id ?? '');
  };
  task.on('execution:finished', end);
  task.on('execution:failed', end);
  // A process that is killed, or ends by itself, reports no end of its run.
  const endAll = (): void => {
    for (const resolve of underWay.values()) resolve();
    underWay.clear();
  };
  for (const event of ['task:stopped', 'task:destroyed', 'task:failed'] as const) task.on(event, endAll);
}

/** Stops the ticks of all tasks, aborts the signal and waits for what runs, for `limitMs` at most. */
export async function endRuns(limitMs: number): Promise<void> {
  const stopped = nodeCron.shutdown(limitMs); // stops the ticks before it first waits
  const running = runs;
  const message = 'The task was ended by shutdown(). Stop what it was doing: its ticks have stopped already.';
  ending.abort(new ClusterLeaderError('ERR_NOT_LEADER', message));
  ending = new AbortController();
  runs = new RunTracker();
  ended = Promise.all([ended, stopped, running.drain(limitMs)]);
  await withLimit(ended, limitMs);
}
