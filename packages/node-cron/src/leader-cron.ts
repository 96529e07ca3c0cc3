import { basename } from 'node:path';
import { ClusterLeaderError, endedByLoss, type ClusterLeader, type Term } from '@cluster-leader/core';
import { invalidOption, requireDuration } from '@cluster-leader/core/adapter-kit';
import type { CatchUpOptions, Run } from '@cluster-leader/ledger';
import { nodeCron } from '#node-cron';
import type { NodeCron, ScheduledTask, TaskContext } from 'node-cron';
import { harmlessOnLoss, rememberLoss } from './harmless-loss.ts';
import {
  requireOwnName,
  splitLedgerOptions,
  type CronLedger,
  type LedgerCronOptions,
  type LedgerTaskOptions,
} from './ledger/ledger-options.ts';
import { completeContext, recordSlots } from './ledger/slot-task.ts';
import { requireLeader } from './require-leader.ts';
import { endingSignal, endRuns, trackEvents, trackRun } from './runs.ts';
import type { LeaderTaskFn, LedgerTaskFn } from './task-context.ts';
import { resolveTaskFile } from './task-file.ts';
import { requireCronOptions, requireNoDelay, requireTaskOptions, type LeaderTaskOptions } from './task-options.ts';

/** node-cron's surface, with a `schedule` and a `createTask` whose tasks run on the leader only. */
export interface LeaderCron extends Omit<NodeCron, 'schedule' | 'createTask'> {
  readonly schedule: (expression: string, task: LeaderTaskFn | string, options?: LeaderTaskOptions) => ScheduledTask;
  readonly createTask: (expression: string, task: LeaderTaskFn | string, options?: LeaderTaskOptions) => ScheduledTask;
}

/** The same with a ledger: each slot runs once, and missed ones are made up as their tasks ask for. */
export interface LedgerCron extends Omit<NodeCron, 'schedule' | 'createTask'> {
  readonly schedule: (expression: string, task: LedgerTaskFn | string, options: LedgerTaskOptions) => ScheduledTask;
  readonly createTask: (expression: string, task: LedgerTaskFn | string, options: LedgerTaskOptions) => ScheduledTask;
}

/**
 * Makes a drop-in for node-cron whose tasks run on the leading replica only.
 *
 * It watches the leader from now on. Tasks without a name receive one, and no two tasks share one. `shutdown()` stops the
 * ticks of all tasks, aborts the terms of what runs and waits for it, for 5 000 ms unless another limit is given.
 *
 * With a `ledger` the runs of each slot are recorded: names are explicit, and stopping a task also ends what it runs.
 *
 * @example
 * const { schedule } = leaderCron(new ClusterLeaderService());
 * schedule('0 * * * *', ({ term }) => sendReports({ signal: term.signal }));
 */
export function leaderCron(leader: ClusterLeader, defaults: LedgerCronOptions): LedgerCron;
export function leaderCron(leader: ClusterLeader, defaults?: LeaderTaskOptions): LeaderCron;
export function leaderCron(
  leader: ClusterLeader,
  options: LeaderTaskOptions & Partial<LedgerCronOptions> = {},
): LeaderCron | LedgerCron {
  requireLeader(leader);
  const { ledger, defaults } = requireCronOptions(options);
  void leader.standing; // So that the first tick knows of a pause before it.

  function make(
    isStarted: boolean,
    expression: string,
    work: LedgerTaskFn | string,
    taskOptions: LeaderTaskOptions & CatchUpOptions = {},
  ): ScheduledTask {
    requireTaskOptions(taskOptions, ledger !== undefined);
    const { catchUp, rest } = splitLedgerOptions({ ...defaults, ...taskOptions });
    const { gateExecute = false, ...wishes } = rest;
    const name =
      ledger === undefined ? uniqueName(wishes.name ?? nameOf(work)) : requireOwnName(wishes.name, namesIn(ledger));
    const signal = endingSignal();
    const shouldRun = async (): Promise<boolean> => (await leader.shouldRun({ name, signal })).run;
    const settled = { ...wishes, name, distributed: true, runCoordinator: { shouldRun } };
    // With a ledger a task begins to tick only once that has accepted it.
    const create = isStarted && ledger === undefined ? nodeCron.schedule : nodeCron.createTask;
    if (typeof work === 'string') {
      requireNoDelay(settled);
      if (ledger !== undefined)
        throw invalidOption('task', work, 'a function: with a ledger, tasks in files are not supported');
      const task = create(expression, resolveTaskFile(work, import.meta.url), settled);
      if (gateExecute) {
        const execute = task.execute.bind(task);
        task.execute = async () => ((await shouldRun()) ? execute() : undefined);
      }
      trackEvents(task);
      return task;
    }

    const workIn = async (context: TaskContext, term: Term, run?: Run): Promise<unknown> => {
      try {
        return await work(completeContext({ ...context, term }, ledger !== undefined, run));
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
      if (ledger !== undefined && !isInvoked) {
        const ticked = await job?.()?.run(context.date, {
          task: (slotRun, term) => workIn(context, term, slotRun),
          maxAgeMs,
          signal,
        });
        return ticked?.ran ? ticked.value : undefined;
      }
      const result = await leader.runIfLeader((term) => workIn(context, term), { name, signal, maxAgeMs });
      if (result.ran) return result.value;
      return isFree ? byHand() : undefined;
    };
    // A run counts from here on, not from node-cron's execution:started, after which it may wait for a random delay.
    const task = create(expression, (context) => trackRun(name, run(context)), settled);
    const execute = task.execute.bind(task);
    task.execute = () => harmlessOnLoss(execute());
    functions.add(task);
    if (ledger !== undefined) ledgers.set(task, ledger);
    const job =
      ledger &&
      recordSlots(ledger, leader, {
        task,
        name,
        settings: settled,
        catchUp,
        makeUp: (context, term, slotRun) => trackRun(name, workIn(context, term, slotRun)),
      });
    if (isStarted && ledger !== undefined) void task.start();
    return task;
  }

  return {
    ...nodeCron,
    schedule: (expression: string, task: LedgerTaskFn | string, taskOptions?: LeaderTaskOptions) =>
      make(true, expression, task, taskOptions),
    createTask: (expression: string, task: LedgerTaskFn | string, taskOptions?: LeaderTaskOptions) =>
      make(false, expression, task, taskOptions),
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
/** The ledgers of tasks. */
const ledgers = new WeakMap<ScheduledTask, CronLedger>();

function nameOf(work: unknown): string {
  if (typeof work === 'string') return basename(work);
  if (typeof work === 'function') return work.name;
  throw invalidOption('task', work, 'a function or the path of a file');
}

/** The names of the tasks with this ledger that have not been destroyed, also of stopped ones. */
function namesIn(ledger: CronLedger): Set<string | undefined> {
  const tasks = Array.from(nodeCron.getTasks().values()).filter((task) => ledgers.get(task) === ledger);
  return new Set(tasks.map(({ name }) => name));
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
