import type { ClusterLeader } from '@cluster-leader/core';
import { adapterContract, type MountedAdapter } from '@cluster-leader/testing';
import type { ScheduledTask, TaskContext } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { leaderCron } from './leader-cron.ts';

const ENDS = ['execution:finished', 'execution:skipped', 'execution:failed'] as const;

describe('node-cron keeps the contract of an adapter: it', () => {
  it.concurrent.each([...adapterContract(mount)])('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });
});

function mount(leader: ClusterLeader, work: () => unknown, jobs: number): MountedAdapter {
  const cron = leaderCron(leader);
  const tasks = Array.from({ length: jobs }, () => cron.createTask('* * * * * *', work, { noOverlap: true }));
  return {
    async tick() {
      await Promise.all(tasks.map((task) => runOnce(task)));
    },
    async close() {
      for (const task of tasks) await task.destroy();
    },
  };
}

/** Resolves when the task has run or skipped once, and is stopped before its next tick; rejects if it failed. */
function runOnce(task: ScheduledTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (context: TaskContext): void => {
      for (const event of ENDS) task.off(event, end);
      void task.stop();
      const error = context.execution?.error;
      if (error === undefined) resolve();
      else reject(error);
    };
    for (const event of ENDS) task.on(event, end);
    void task.start();
  });
}
