import { randomUUID } from 'node:crypto';
import { ClusterLeaderError, type ClusterLeader, type Term } from '@cluster-leader/core';
import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { CatchUpOptions, LedgerJob, Run } from '@cluster-leader/ledger';
import type { ScheduledTask, TaskContext, TaskOptions } from 'node-cron';
import type { LeaderTaskContext, LedgerTaskContext } from '../task-context.ts';
import { enrol } from './enrol.ts';
import type { CronLedger } from './ledger-options.ts';
import { scheduledSlotsOf, type ScheduledSlots } from './scheduled-slots.ts';

/** A task of node-cron, and what is to be recorded of it. */
export interface SlotTask {
  readonly task: ScheduledTask;
  readonly name: string;
  readonly settings: TaskOptions;
  readonly catchUp: CatchUpOptions;
  /** Does the work of a run that is made up. */
  makeUp(context: TaskContext, term: Term, run: Run): unknown;
}

/** Registers a function task while it is started, and returns its job, which is undefined while it is stopped. */
export function recordSlots(
  ledger: CronLedger,
  leader: ClusterLeader,
  slotTask: SlotTask,
): () => LedgerJob | undefined {
  const { task, name, settings, catchUp } = slotTask;
  const slots = scheduledSlotsOf(task);
  const makeUp = (run: Run, term: Term): unknown => {
    if (slots === undefined) throw new Error('A run without a known slot was made up.'); // requireCatchUp precludes it
    const execution = { id: randomUUID(), reason: 'scheduled', startedAt: new Date() } as const;
    return slotTask.makeUp(slots.contextOf(run.slot, execution), term, run);
  };
  const register = (): LedgerJob =>
    ledger.register(leader, {
      ...catchUp,
      name,
      fingerprint: fingerprintOf(task, settings),
      nextSlot: slots && ((after) => slots.next(after)),
      exclusive: settings.noOverlap === true,
      randomDelayMs: settings.maxRandomDelay ?? 0,
      task: makeUp,
    });
  try {
    requireCatchUp(slots, settings, catchUp);
    const job = enrol(task, register);
    watchTicks(task, settings, catchUp, job);
    return job;
  } catch (error) {
    void task.destroy(); // or node-cron would keep it, with its name
    throw error;
  }
}

/**
 * Adds its run to the context of a task, if there is a ledger. A run by hand has no slot, so that reading `run` throws, as
 * `currentRun()` does: no work goes ahead without the key that it relies on.
 */
export function completeContext(
  context: LeaderTaskContext,
  hasLedger: boolean,
  run: Run | undefined,
): LedgerTaskContext {
  if (run !== undefined) return { ...context, run };
  if (hasLedger) Object.defineProperty(context, 'run', { get: throwNoRun });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without a ledger the types of the task have no run
  return context as LedgerTaskContext;
}

function throwNoRun(): never {
  const message = 'The task was executed by hand, so that it has no slot and no run. Read run in ticks only.';
  throw new ClusterLeaderError('ERR_NO_TERM', message);
}

/** Tells the ledger what node-cron has not run itself. */
function watchTicks(
  task: ScheduledTask,
  { noOverlap }: TaskOptions,
  { catchUp = 'none' }: CatchUpOptions,
  job: () => LedgerJob | undefined,
): void {
  // Without noOverlap the event is emitted as well, but the run goes ahead.
  if (noOverlap) task.on('execution:overlap', ({ date }) => job()?.overlapped(date));
  // A listener silences node-cron's own warning, which is right only if the slots are made up.
  if (catchUp !== 'none') task.on('execution:missed', () => job()?.missed());
}

function fingerprintOf(task: ScheduledTask, { timezone }: TaskOptions): string {
  const zone = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `node-cron ${task.getPattern()} ${zone}`;
}

function requireCatchUp(
  slots: ScheduledSlots | undefined,
  { maxExecutions }: TaskOptions,
  { catchUp = 'none', interrupted = 'leave' }: CatchUpOptions,
): void {
  const rule = 'as this version of node-cron does not say which slots it fires. Install version 4.6';
  if (slots === undefined && catchUp !== 'none') throw invalidOption('catchUp', catchUp, `'none', ${rule}`);
  if (slots === undefined && interrupted !== 'leave')
    throw invalidOption('interrupted', interrupted, `'leave', ${rule}`);
  if (maxExecutions === undefined || catchUp === 'none') return;
  const reason = "absent with catchUp: it counts the runs of one process only. Remove it, or set catchUp to 'none'";
  throw invalidOption('maxExecutions', maxExecutions, reason);
}
