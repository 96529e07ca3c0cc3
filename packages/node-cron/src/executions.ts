import type { ScheduledTask, TaskContext } from 'node-cron';

/** What goes on in the tasks of this process, by the ids of node-cron's executions. */
const running = new Map<string, PromiseWithResolvers<void>>();

/** Follows a task's executions, by its ticks and by hand: node-cron knows of one at a time, and of none by hand. */
export function followExecutions(task: ScheduledTask): void {
  task.on('execution:started', begin);
  task.on('execution:finished', end);
  task.on('execution:failed', end);
}

/** Resolves when all that goes on now has ended and `work` is done; after `limitMs` at the latest, and forgets it then. */
export async function untilEnded(work: Promise<void>, limitMs: number): Promise<void> {
  const awaited = [...running];
  const ended = Promise.all([work, ...awaited.map(([, { promise }]) => promise)]);
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  await Promise.race([ended, limit.promise]);
  clearTimeout(timer);
  for (const [id] of awaited) running.delete(id);
}

function begin({ execution }: TaskContext): void {
  if (execution !== undefined) running.set(execution.id, Promise.withResolvers());
}

function end({ execution }: TaskContext): void {
  const id = execution?.id ?? '';
  running.get(id)?.resolve();
  running.delete(id);
}
