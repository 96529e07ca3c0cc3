import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { CatchUpOptions } from '@cluster-leader/ledger';
import { Logger } from '@nestjs/common';
import { mark, ownMarkOf, THIS_COPY } from '../handlers/marks.ts';
import { disguise, isMethod, nameOf, requireMethod } from '../handlers/method.ts';
import { CATCH_UP_OPTIONS } from '../ledger/module-ledger.ts';
import { miswired } from '../miswired.ts';
import { contradiction } from './contradiction.ts';
import { gateOf, type Skip } from './gate.ts';

/** The options of a decorator that gates a method. */
export interface GateOptions {
  /** The name of the method in `skipped` events and logs. Default `Class.method`. */
  readonly name?: string | undefined;
  /** Called instead of the method if it is skipped; the caller receives its return value. */
  readonly onSkip?: ((skip: Skip) => unknown) | undefined;
}

/** The options of `@LeaderOnly()`. Those of `CatchUpOptions` need `@Cron` with a name, and the module's option `ledger`. */
export interface LeaderOnlyOptions extends GateOptions, CatchUpOptions {}

/**
 * Runs a method on the leader only; elsewhere the call resolves with undefined, or with what `onSkip` returns.
 *
 * It is for methods that a timer calls, and works above or below `@Cron`, `@Interval` and `@Timeout`. Put decorators
 * that report each run, such as `@SentryCron`, below it: above it they report a skipped run as a success. A direct call
 * passes the gate as well, and always returns a promise. In an app without `ClusterLeaderModule` the method never runs,
 * and its first call logs an error.
 *
 * Do not use it on a method that handles a message, a queue's job or a request: the sender takes a skipped run for a
 * finished one, and the work is lost. If the module recognises such a method, the app does not boot (ERR_MISWIRED).
 *
 * @example
 * ```ts
 * class Reports {
 *   @Cron('0 0 * * *')
 *   @LeaderOnly()
 *   async nightly() {
 *     await send({ signal: currentTerm().signal });
 *   }
 * }
 * ```
 */
export function LeaderOnly(options: LeaderOnlyOptions = {}): MethodDecorator {
  const { name, onSkip, ...catchUp } = requireKnownOptions(options, ['name', 'onSkip', ...CATCH_UP_OPTIONS]);
  if (name !== undefined && typeof name !== 'string') throw invalidOption('name', name, 'a string');
  if (onSkip !== undefined && !isMethod(onSkip)) throw invalidOption('onSkip', onSkip, 'a function');
  return (target, key, descriptor: PropertyDescriptor) => {
    requireMethod('@LeaderOnly()', key, descriptor);
    const method: unknown = descriptor.value;
    if (!isMethod(method)) return;
    if (ownMarkOf(target, key, 'gated')) {
      throw miswired(`${nameOf(target, key)} is @LeaderOnly twice`, 'Remove one of the two.');
    }
    if (ownMarkOf(target, key, 'everyReplica')) throw contradiction(target, key);
    descriptor.value = disguise(async function gated(this: unknown, ...args: unknown[]) {
      const gate = gateOf(this);
      const run = { name: name ?? nameOf(this, key), onSkip, instance: this, key };
      if (gate !== undefined) return gate.run(() => method.apply(this, args), run);
      reportUnwired(descriptor, run.name);
      return undefined;
    }, method);
    mark(target, key, 'gated', THIS_COPY);
    mark(target, key, 'catchUp', catchUp);
  };
}

const logger = new Logger('ClusterLeader');
const reported = new WeakSet<object>();

function reportUnwired(descriptor: PropertyDescriptor, name: string): void {
  if (reported.has(descriptor)) return;
  reported.add(descriptor);
  logger.error(
    `${name} is @LeaderOnly, but no ClusterLeaderModule has found its instance, so it never runs. Import ` +
      'ClusterLeaderModule.forRoot() in the root module, and let Nest create the instance at boot, not per request or ' +
      "in a lazy module. In a test, import ClusterLeaderModule.forRoot({ mode: 'always' }) and call init().",
  );
}
