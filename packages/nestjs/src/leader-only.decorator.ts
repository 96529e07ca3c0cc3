import { ClusterLeaderError } from '@cluster-leader/core';
import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { Logger } from '@nestjs/common';
import { gateOf, type Skip } from './gate.ts';
import { dress, isMethod, mark, ownMarkOf, requireMethod, THIS_COPY } from './metadata.ts';

export interface LeaderOnlyOptions {
  /** What the method is called in `skipped` events and logs. Default `Class.method`. */
  readonly name?: string | undefined;
  /** Called in place of the method if it is skipped; what it returns is what the caller gets. */
  readonly onSkip?: ((skip: Skip) => unknown) | undefined;
}

/**
 * Lets a method run on the leader alone; elsewhere it resolves with undefined, or with what `onSkip` returns.
 *
 * It is for what is fired by time, and stands above or below `@Cron`, `@Interval` and `@Timeout`. Decorators that report
 * each run, such as `@SentryCron`, stand below it: above it they report a skipped run as one that went well. A call by hand
 * passes the gate as well, and always returns a promise. In an app without `ClusterLeaderModule` the method never runs,
 * and its first call logs an error.
 *
 * Do not put it on what handles a message, a queue's job or a request: their senders take a skipped run for a finished
 * one, and the work is lost. An app in which it sees such a method does not boot.
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
  requireKnownOptions(options, ['name', 'onSkip']);
  const { name, onSkip } = options;
  if (name !== undefined && typeof name !== 'string') throw invalidOption('name', name, 'a string');
  if (onSkip !== undefined && !isMethod(onSkip)) throw invalidOption('onSkip', onSkip, 'a function');
  return (target, key, descriptor: PropertyDescriptor) => {
    requireMethod('@LeaderOnly()', key, descriptor);
    const method: unknown = descriptor.value;
    if (!isMethod(method)) return;
    if (ownMarkOf(target, key, 'gated')) throw miswired(target, key, 'is @LeaderOnly twice. Remove one of the two.');
    if (ownMarkOf(target, key, 'everyReplica')) throw contradiction(target, key);
    descriptor.value = dress(async function gated(this: unknown, ...args: unknown[]) {
      const gate = gateOf(this);
      const run = { name: name ?? nameOf(this, key), onSkip };
      if (gate !== undefined) return gate.run(() => method.apply(this, args), run);
      reportUnwired(descriptor, run.name);
      return undefined;
    }, method);
    mark(target, key, 'gated', THIS_COPY);
  };
}

/** What a method is called if it was given no name: a class may have a minified one, so nothing is decided by it. */
export function nameOf(instance: unknown, key: string): string {
  const isInstance = typeof instance === 'object' && instance !== null;
  const maker: unknown = isInstance ? Reflect.get(instance, 'constructor') : instance;
  const owner = typeof maker === 'function' ? maker.name : 'an object';
  return `${owner}.${key}`;
}

/** The error for a method whose decorators contradict each other; it is thrown when the class is defined. */
export function contradiction(target: object, key: string): ClusterLeaderError {
  return miswired(target, key, 'is both @LeaderOnly and @EveryReplica. Remove one of the two.');
}

function miswired(target: object, key: string, rest: string): ClusterLeaderError {
  return new ClusterLeaderError('ERR_MISWIRED', `${nameOf(target, key)} ${rest}`);
}

const logger = new Logger('ClusterLeader');
const reported = new WeakSet<object>();

function reportUnwired(descriptor: PropertyDescriptor, name: string): void {
  if (reported.has(descriptor)) return;
  reported.add(descriptor);
  logger.error(
    `${name} is @LeaderOnly, but no ClusterLeaderModule knows its instance, so it never runs. Import ` +
      'ClusterLeaderModule.forRoot() in the root module, and let Nest make the instance at boot, neither per request nor ' +
      "in a lazy module. In a test, import ClusterLeaderModule.forRoot({ mode: 'always' }) and call init().",
  );
}
