import type { ClusterLeader } from '@cluster-leader/core';
import { adapterContract, type MountedAdapter } from '@cluster-leader/testing';
import type { ScheduledTask } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { leaderCron } from './leader-cron.ts';

describe('node-cron keeps the contract of an adapter: it', () => {
  it.concurrent.each([...adapterContract(mount)])('$title', async (promise) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });
});

function mount(leader: ClusterLeader, work: () => unknown, jobs: number): MountedAdapter {
  const cron = leaderCron(leader);
  const tasks = Array.from({ length: jobs }, () => cron.createTask('* * * * * *', work));
  return {
    async tick() {
      const ended = tasks.map((task) => once(task));
      for (const task of tasks) void task.start();
      await Promise.all(ended);
      for (const task of tasks) void task.stop();
    },
    async close() {
      for (const task of tasks) await task.destroy();
    },
  };
}

/** Resolves when the task has run or skipped once; rejects where it failed. */
function once(task: ScheduledTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve();
    task.once('execution:finished', end);
    task.once('execution:skipped', end);
    task.once('execution:failed', ({ execution }) => reject(execution?.error ?? new Error('The task failed.')));
  });
}
