import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { CatchUpOptions } from '@cluster-leader/ledger';
import type { Handler } from '../handlers/handlers.ts';
import { markOf } from '../handlers/marks.ts';
import { miswired } from '../miswired.ts';
import { cronOptionsOf } from '../schedule/schedule-internals.ts';

/** A gated handler of a cron job, with its options for the ledger. */
export type RecordedHandler = Handler & { readonly catchUp: CatchUpOptions };

/** Returns the gated handlers of cron jobs by the names of these jobs; throws ERR_MISWIRED if one has no name. */
export function recordedHandlers(handlers: readonly Handler[]): ReadonlyMap<string, RecordedHandler> {
  const byName = new Map<string, RecordedHandler>();
  for (const handler of handlers) {
    const { instance, key, method, isStatic, name } = handler;
    if (!isStatic || !markOf(instance, key, 'gated')) continue;
    const catchUp = markOf(instance, key, 'catchUp') ?? {};
    const cron = cronOptionsOf(method);
    if (cron === undefined)
      refuse(catchUp, `left out on ${name}, which @Cron does not call: only a cron job has slots`);
    else if (cron.name) byName.set(cron.name, { ...handler, catchUp });
    else {
      const problem = `the cron job of ${name} has no name, but the ledger knows jobs by their names`;
      throw miswired(
        problem,
        "Give @Cron a name that stays the same, as in @LeaderCron('0 2 * * *', { name: 'invoices' }).",
      );
    }
  }
  return byName;
}

/** Throws ERR_INVALID_OPTION if a decorator has options that need a ledger, in an app without one. */
export function refuseCatchUp(handlers: readonly Handler[]): void {
  for (const { instance, key, name } of handlers) {
    refuse(markOf(instance, key, 'catchUp'), `left out on ${name}, or the module needs the option ledger`);
  }
}

function refuse(options: CatchUpOptions = {}, rule: string): void {
  for (const [option, value] of Object.entries(options)) {
    if (value !== undefined) throw invalidOption(option, value, rule);
  }
}
