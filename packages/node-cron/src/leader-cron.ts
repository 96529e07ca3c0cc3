import { basename } from 'node:path';
import { ClusterLeaderError, type ClusterLeader, type Term } from '@cluster-leader/core';
import {
  nodeCron,
  type NodeCron,
  type ScheduledTask,
  type TaskContext,
  type TaskFn,
  type TaskOptions,
} from 'node-cron';
import { leaderCoordinator } from './leader-coordinator.ts';
import { resolveTaskFile } from './task-file.ts';

/** node-cron's context, and the term in which the task runs. */
export interface LeaderTaskContext extends TaskContext {
  /** Its signal aborts when leadership is lost, and on `shutdown()`. Pass it on to what the task awaits. */
  readonly term: Term;
}

/** A node-cron task whose context has a term. */
export type LeaderTaskFn = (context: LeaderTaskContext) => unknown;

/** node-cron's options; `distributed` and `runCoordinator` are set by the adapter. */
export interface LeaderTaskOptions extends TaskOptions {
  /** Whether `task.execute()` also runs on the leader alone, and resolves with undefined elsewhere. Default false. */
  gateExecute?: boolean;
}

/** node-cron's surface, whose `schedule` and `createTask` make tasks that run on the leader alone. */
export interface LeaderCron extends Omit<NodeCron, 'schedule' | 'createTask'> {
  readonly schedule: (expression: string, task: LeaderTaskFn | string, options?: LeaderTaskOptions) => ScheduledTask;
  readonly createTask: (expression: string, task: LeaderTaskFn | string, options?: LeaderTaskOptions) => ScheduledTask;
}

/**
 * Makes a drop-in for node-cron whose tasks run on the leading replica alone.
 *
 * Tasks without a name get one, and no two tasks share one. `shutdown()` stops the ticks of all tasks, aborts the terms
 * of running ones and waits for them.
 *
 * @example
 * const { schedule } = leaderCron(new ClusterLeaderService());
 * schedule('0 * * * *', ({ term }) => sendReports({ signal: term.signal }));
 */
export function leaderCron(leader: ClusterLeader, defaults: LeaderTaskOptions = {}): LeaderCron {
  const runCoordinator = leaderCoordinator(leader);
  let ending = new AbortController();

  function prepare(task: LeaderTaskFn | string, options?: LeaderTaskOptions): [TaskFn | string, TaskOptions] {
    const { gateExecute = false, ...wishes } = { ...defaults, ...options };
    refuseOtherCoordination(wishes);
    const name = uniqueName(wishes.name ?? (typeof task === 'string' ? basename(task) : task.name));
    const settled = { ...wishes, name, distributed: true, runCoordinator };
    if (typeof task === 'string') return [resolveTaskFile(task, import.meta.url), settled];

    const { signal } = ending;
    const run = async (context: TaskContext): Promise<unknown> => {
      const isInvoked = context.execution?.reason === 'invoked';
      if (isInvoked && !gateExecute && leader.standing !== 'leader') {
        return task({ ...context, term: termByHand(leader, signal) });
      }
      // The coordinator has just asked, unless the task was invoked by hand or has waited since.
      const maxAgeMs = isInvoked || settled.maxRandomDelay ? undefined : Number.POSITIVE_INFINITY;
      const result = await leader.runIfLeader((term) => task({ ...context, term }), { name, signal, maxAgeMs });
      return result.ran ? result.value : undefined;
    };
    return [run, settled];
  }

  return {
    ...nodeCron,
    schedule: (expression, task, options) => nodeCron.schedule(expression, ...prepare(task, options)),
    createTask: (expression, task, options) => nodeCron.createTask(expression, ...prepare(task, options)),
    async shutdown(timeout) {
      const stopped = nodeCron.shutdown(timeout); // stops the ticks before it first waits
      ending.abort();
      ending = new AbortController();
      await stopped;
    },
  };
}

function refuseOtherCoordination({ distributed, runCoordinator }: TaskOptions): void {
  const option = distributed === false ? 'distributed' : runCoordinator && 'runCoordinator';
  if (option === undefined) return;
  const message = `${option} is set, but it must be absent: a task of leaderCron always asks the leader. Use node-cron's own schedule, with leaderCoordinator(leader) where it is to ask.`;
  throw new ClusterLeaderError('ERR_INVALID_OPTION', message);
}

/** node-cron tells the ticks of tasks apart by their names alone. */
function uniqueName(wish: string): string {
  const taken = new Set(Array.from(nodeCron.getTasks().values(), ({ name }) => name));
  const base = wish || 'task';
  let name = base;
  for (let copy = 2; taken.has(name); copy += 1) name = `${base}-${copy}`;
  return name;
}

/** A run that somebody ordered on a follower has no term, but what asks it whether this pod leads is told the truth. */
function termByHand(leader: ClusterLeader, signal: AbortSignal): Term {
  return {
    number: undefined,
    electedAt: new Date(),
    signal,
    assertLeader() {
      if (leader.isLeaderNow()) return;
      throw new ClusterLeaderError('ERR_NOT_LEADER', 'The task was executed by hand on a pod that does not lead.');
    },
  };
}
