import type { LedgerJob } from '@cluster-leader/ledger';
import type { ScheduledTask } from 'node-cron';

/**
 * Keeps a task registered in the ledger from its start to its stop, and returns its job, which is undefined meanwhile.
 *
 * Throws what the ledger refuses: a stopped task is registered for a moment, so that it does so at once.
 */
export function enrol(task: ScheduledTask, register: () => LedgerJob): () => LedgerJob | undefined {
  let job: LedgerJob | undefined;
  const leave = (): void => {
    void job?.close();
    job = undefined;
  };
  const start = task.start.bind(task);
  task.start = () => {
    if (task.getStatus() === 'stopped') job ??= register();
    try {
      return start();
    } catch (error) {
      leave();
      throw error;
    }
  };
  // node-cron stops a task before it destroys it, also when it has run for the last time.
  task.on('task:stopped', leave);
  task.on('task:destroyed', leave);
  task.on('task:failed', leave);
  void register().close();
  return () => job;
}
