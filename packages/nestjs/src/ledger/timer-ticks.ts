import { isMethod } from '../handlers/method.ts';

/** Tells the ticks of a cron job's timer from calls by hand, which have no slot. */
export interface TimerTicks {
  /** Returns when the timer fired, in the call of `fireOnTick` that it makes; undefined in a call by hand. */
  take(): Date | undefined;
  /** Restores the job; every later call counts as one by hand. */
  putBack(): void;
}

const KEY = 'lastExecution';

/**
 * Watches the property that the timer of a cron job sets right before it calls `fireOnTick`; undefined if this version
 * of cron does not do so.
 *
 * Comparing `lastDate()` between calls is not enough: a timer that finds itself late fires twice, and sets both dates
 * before the first of the two calls has returned.
 */
export function watchTicks(job: object): TimerTicks | undefined {
  const before = Reflect.getOwnPropertyDescriptor(job, KEY);
  if (before === undefined || !('value' in before) || before.value !== lastDate(job)) return undefined;
  let present: unknown = before.value;
  const fired: Date[] = [];
  const get = (): unknown => present;
  const set = (date: unknown): void => {
    present = date;
    if (!(date instanceof Date)) return;
    fired.push(date);
    // The call follows in the same turn. What is left over must not make a later call by hand look like a tick.
    queueMicrotask(() => fired.splice(0));
  };
  if (!Reflect.defineProperty(job, KEY, { get, set, configurable: true, enumerable: true })) return undefined;
  return {
    take: () => fired.shift(),
    putBack() {
      if (Reflect.getOwnPropertyDescriptor(job, KEY)?.get !== get) return;
      fired.splice(0);
      Reflect.defineProperty(job, KEY, { value: present, configurable: true, enumerable: true, writable: true });
    },
  };
}

function lastDate(job: object): unknown {
  const read: unknown = Reflect.get(job, 'lastDate');
  return isMethod(read) ? read.call(job) : undefined;
}
