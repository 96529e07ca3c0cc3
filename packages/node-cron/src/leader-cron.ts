import { basename } from 'node:path';
import { ClusterLeaderError, type ClusterLeader, type Term } from '@cluster-leader/core';
import { nodeCron, type NodeCron, type ScheduledTask, type TaskContext, type TaskOptions } from 'node-cron';
import { followExecutions, untilEnded } from './executions.ts';
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
 * It watches the leader from now on. Tasks without a name get one, and no two tasks share one. `shutdown()` stops the
 * ticks of all tasks, aborts the terms of what runs and waits for it, for 5 000 ms unless it is told another limit.
 *
 * @example
 * const { schedule } = leaderCron(new ClusterLeaderService());
 * schedule('0 * * * *', ({ term }) => sendReports({ signal: term.signal }));
 */
export function leaderCron(leader: ClusterLeader, defaults: LeaderTaskOptions = {}): LeaderCron {
  void leader.standing; // The first tick must know of a pause that was before it.

  function make(
    create: NodeCron['createTask'],
    expression: string,
    work: LeaderTaskFn | string,
    options?: LeaderTaskOptions,
  ): ScheduledTask {
    const { gateExecute = false, ...wishes } = { ...defaults, ...options };
    refuseOtherCoordination(wishes);
    const name = uniqueName(wishes.name ?? (typeof work === 'string' ? basename(work) : work.name));
    const { signal } = ending;
    const shouldRun = async (): Promise<boolean> => (await leader.shouldRun({ name, signal })).run;
    const settled = { ...wishes, name, distributed: true, runCoordinator: { shouldRun } };
    if (typeof work === 'string') {
      refuseLateStart(settled);
      const task = create(expression, resolveTaskFile(work, import.meta.url), settled);
      if (gateExecute) {
        const execute = task.execute.bind(task);
        task.execute = async () => ((await shouldRun()) ? execute() : undefined);
      }
      followExecutions(task);
      return task;
    }

    const run = async (context: TaskContext): Promise<unknown> => {
      const isInvoked = context.execution?.reason === 'invoked';
      // The check takes its time, in which the task may have been stopped.
      if (!isInvoked && ['stopped', 'destroyed'].includes(context.task?.getStatus() ?? '')) return undefined;
      const isFree = isInvoked && !gateExecute;
      const byHand = (): unknown => work({ ...context, term: termByHand(leader, signal) });
      if (isFree && (signal.aborted || leader.standing !== 'leader')) return byHand();
      // The coordinator has just asked, unless the task was invoked by hand or has waited since; a free run asks nobody.
      const maxAgeMs = !isFree && (isInvoked || settled.maxRandomDelay) ? undefined : Number.POSITIVE_INFINITY;
      const result = await leader.runIfLeader((term) => work({ ...context, term }), { name, signal, maxAgeMs });
      if (result.ran) return result.value;
      return isFree ? byHand() : undefined;
    };
    const task = create(expression, run, settled);
    followExecutions(task);
    functions.add(task);
    return task;
  }

  return {
    ...nodeCron,
    schedule: (expression, task, options) => make(nodeCron.schedule, expression, task, options),
    createTask: (expression, task, options) => make(nodeCron.createTask, expression, task, options),
    async shutdown(timeout = 5_000) {
      // node-cron waits for one run of each task that it has not stopped, and keeps the process up for the whole limit.
      for (const task of nodeCron.getTasks().values()) if (functions.has(task)) void task.stop();
      const stopped = nodeCron.shutdown(timeout); // stops the ticks of all others before it first waits
      const message = 'The task was ended by shutdown(). Stop what it was doing: its ticks have stopped already.';
      ending.abort(new ClusterLeaderError('ERR_NOT_LEADER', message));
      ending = new AbortController();
      await untilEnded(stopped, timeout);
    },
  };
}

/** Ends what runs. There is one, as node-cron has one set of tasks, which `shutdown()` ends whoever scheduled them. */
let ending = new AbortController();

/** The tasks that are functions, not files. */
const functions = new WeakSet<ScheduledTask>();

function refuseLateStart({ maxRandomDelay }: TaskOptions): void {
  if (!maxRandomDelay) return;
  const message = `maxRandomDelay is set, but it must be absent for a task in a file: its process waits after the check and cannot ask again. Wait in the function of a task that is none, or leave the delay out.`;
  throw new ClusterLeaderError('ERR_INVALID_OPTION', message);
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
      signal.throwIfAborted();
      if (leader.isLeaderNow()) return;
      throw new ClusterLeaderError('ERR_NOT_LEADER', 'The task was executed by hand on a pod that does not lead.');
    },
  };
}
