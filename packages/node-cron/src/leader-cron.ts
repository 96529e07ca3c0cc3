import { basename } from 'node:path';
import { ClusterLeaderError, endedByLoss, type ClusterLeader, type Term } from '@cluster-leader/core';
import { invalidOption, requireDuration } from '@cluster-leader/core/adapter-kit';
import { nodeCron } from '#node-cron';
import type { NodeCron, ScheduledTask, TaskContext } from 'node-cron';
import { harmlessOnLoss, rememberLoss } from './harmless-loss.ts';
import { requireLeader } from './require-leader.ts';
import { endingSignal, endRuns, trackEvents, trackRun } from './runs.ts';
import { resolveTaskFile } from './task-file.ts';
import { requireNoDelay, requireTaskOptions, type LeaderTaskOptions } from './task-options.ts';

/** node-cron's context, and the term in which the task runs. */
export interface LeaderTaskContext extends TaskContext {
  /** Its signal aborts when leadership is lost, and on `shutdown()`. Pass it on to what the task awaits. */
  readonly term: Term;
}

/** A node-cron task whose context has a term. */
export type LeaderTaskFn = (context: LeaderTaskContext) => unknown;

/** node-cron's surface, with a `schedule` and a `createTask` whose tasks run on the leader only. */
export interface LeaderCron extends Omit<NodeCron, 'schedule' | 'createTask'> {
  readonly schedule: (expression: string, task: LeaderTaskFn | string, options?: LeaderTaskOptions) => ScheduledTask;
  readonly createTask: (expression: string, task: LeaderTaskFn | string, options?: LeaderTaskOptions) => ScheduledTask;
}

/**
 * Makes a drop-in for node-cron whose tasks run on the leading replica only.
 *
 * It watches the leader from now on. Tasks without a name receive one, and no two tasks share one. `shutdown()` stops the
 * ticks of all tasks, aborts the terms of what runs and waits for it, for 5 000 ms unless another limit is given.
 *
 * @example
 * const { schedule } = leaderCron(new ClusterLeaderService());
 * schedule('0 * * * *', ({ term }) => sendReports({ signal: term.signal }));
 */
export function leaderCron(leader: ClusterLeader, defaults: LeaderTaskOptions = {}): LeaderCron {
  requireLeader(leader);
  requireTaskOptions(defaults);
  void leader.standing; // So that the first tick knows of a pause before it.

  function make(
    create: NodeCron['createTask'],
    expression: string,
    work: LeaderTaskFn | string,
    options: LeaderTaskOptions = {},
  ): ScheduledTask {
    requireTaskOptions(options);
    const { gateExecute = false, ...wishes } = { ...defaults, ...options };
    const name = uniqueName(wishes.name ?? nameOf(work));
    const signal = endingSignal();
    const shouldRun = async (): Promise<boolean> => (await leader.shouldRun({ name, signal })).run;
    const settled = { ...wishes, name, distributed: true, runCoordinator: { shouldRun } };
    if (typeof work === 'string') {
      requireNoDelay(settled);
      const task = create(expression, resolveTaskFile(work, import.meta.url), settled);
      if (gateExecute) {
        const execute = task.execute.bind(task);
        task.execute = async () => ((await shouldRun()) ? execute() : undefined);
      }
      trackEvents(task);
      return task;
    }

    const workIn = async (context: TaskContext, term: Term): Promise<unknown> => {
      try {
        return await work({ ...context, term });
      } catch (error) {
        if (endedByLoss(error, term)) rememberLoss(error);
        throw error;
      }
    };
    const run = async (context: TaskContext): Promise<unknown> => {
      const isInvoked = context.execution?.reason === 'invoked';
      // The check takes its time, in which the task may have been stopped.
      if (!isInvoked && ['stopped', 'destroyed'].includes(context.task?.getStatus() ?? '')) return undefined;
      const isFree = isInvoked && !gateExecute;
      const byHand = (): Promise<unknown> => workIn(context, termByHand(leader, signal));
      if (isFree && (signal.aborted || leader.standing !== 'leader')) return byHand();
      // The coordinator has just asked, unless the task was invoked by hand or has waited since; a free run asks nothing.
      const maxAgeMs = !isFree && (isInvoked || settled.maxRandomDelay) ? undefined : Number.POSITIVE_INFINITY;
      const result = await leader.runIfLeader((term) => workIn(context, term), { name, signal, maxAgeMs });
      if (result.ran) return result.value;
      return isFree ? byHand() : undefined;
    };
    // A run counts from here on, not from node-cron's execution:started, after which it may wait for a random delay.
    const task = create(expression, (context) => trackRun(name, run(context)), settled);
    const execute = task.execute.bind(task);
    task.execute = () => harmlessOnLoss(execute());
    functions.add(task);
    return task;
  }

  return {
    ...nodeCron,
    schedule: (expression, task, options) => make(nodeCron.schedule, expression, task, options),
    createTask: (expression, task, options) => make(nodeCron.createTask, expression, task, options),
    async shutdown(timeout = 5_000) {
      if (timeout !== 0) requireDuration('timeout', timeout, ', or 0');
      // node-cron waits for one run of each task that it has not stopped, and keeps the process alive for the whole limit.
      for (const task of nodeCron.getTasks().values()) if (functions.has(task)) void task.stop();
      await endRuns(timeout);
    },
  };
}

/** The tasks that are functions, not files. */
const functions = new WeakSet<ScheduledTask>();

function nameOf(work: unknown): string {
  if (typeof work === 'string') return basename(work);
  if (typeof work === 'function') return work.name;
  throw invalidOption('task', work, 'a function or the path of a file');
}

/** node-cron distinguishes the ticks of tasks only by their names. */
function uniqueName(wish: string): string {
  const taken = new Set(Array.from(nodeCron.getTasks().values(), ({ name }) => name));
  const base = wish || 'task';
  let name = base;
  for (let copy = 2; taken.has(name); copy += 1) name = `${base}-${copy}`;
  return name;
}

/** The term of a run that was executed by hand on a follower: it reports whether this pod leads. */
function termByHand(leader: ClusterLeader, signal: AbortSignal): Term {
  return {
    number: undefined,
    electedAt: new Date(),
    fencingToken: leader.term?.fencingToken,
    signal,
    assertLeader() {
      signal.throwIfAborted();
      if (leader.isLeaderNow()) return;
      throw new ClusterLeaderError('ERR_NOT_LEADER', 'The task was executed by hand on a pod that does not lead.');
    },
  };
}
