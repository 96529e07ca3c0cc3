// What a task with a ledger must know of node-cron beyond its typings. If an installed version differs, a task that needs it
// is refused: slots from another parser would not be those that node-cron fires.
import type { ScheduledTask, TaskContext } from 'node-cron';

/** What node-cron itself schedules a task by. */
export interface ScheduledSlots {
  /** Returns the first instant after `after` at which the task is due; throws if there is none in the coming years. */
  next(after: Date): Date;
  /** Makes the context that the task receives for a slot. */
  contextOf(slot: Date, execution: TaskContext['execution']): TaskContext;
}

/** Returns how node-cron schedules the task, or undefined if this version of it is not known. */
export function scheduledSlotsOf(task: ScheduledTask): ScheduledSlots | undefined {
  const matcher: unknown = Reflect.get(task, 'timeMatcher');
  if (!hasMethod(matcher, 'getNextMatch') || !hasMethod(task, 'createContext')) return undefined;
  return {
    // Not `match()`, instant by instant: in the hour that a clock change repeats it is true of slots that never fire.
    next: (after) => requireDate(matcher.getNextMatch(after)),
    contextOf: (slot, execution) => {
      const context = task.createContext(slot, execution);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what node-cron itself passes to the task
      return context as TaskContext;
    },
  };
}

function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, (...args: unknown[]) => unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

function requireDate(value: unknown): Date {
  if (value instanceof Date) return value;
  throw new TypeError('node-cron has named no date for the next run of the task. Install version 4.6.');
}
