import { ClusterLeaderError } from '@cluster-leader/core';
import { Logger } from '@nestjs/common';
import { gateOf, type Skip } from './gate.ts';
import { dress, mark, markOf, methodOf, setGate } from './metadata.ts';

export interface LeaderOnlyOptions {
  /** What the method is called in `skipped` events and logs. Default `Class.method`. */
  readonly name?: string | undefined;
  /** Called in place of the method where it is skipped; what it returns is what the caller gets. */
  readonly onSkip?: ((skip: Skip) => unknown) | undefined;
}

/**
 * Lets a method run on the leader alone; elsewhere it resolves with undefined, or with what `onSkip` returns.
 *
 * It stands above or below `@Cron`, `@Interval` and `@Timeout`. Whoever calls the method passes the gate, and it always
 * returns a promise. In an app without `ClusterLeaderModule` it never runs, and says so.
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
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = methodOf('@LeaderOnly()', key, descriptor);
    if (markOf(method, 'gated')) throw miswired(target, key, 'is @LeaderOnly twice. Remove one of the two.');
    if (markOf(method, 'everyReplica')) throw contradiction(target, key);
    descriptor.value = dress(async function gated(this: unknown, ...args: unknown[]) {
      const gate = gateOf(this);
      const run = { name: nameOf(this, key, options.name), onSkip: options.onSkip };
      if (gate !== undefined) return gate.run(() => method.apply(this, args), run);
      sayUnwired(descriptor, run.name);
      return undefined;
    }, method);
    mark(descriptor.value, 'gated', true);
    setGate(target, key);
    checkAtBoot(target, key, descriptor, options.name);
  };
}

/** What a method is called where nothing else was wished. */
export function nameOf(instance: unknown, key: string | symbol, wish?: string): string {
  if (wish !== undefined) return wish;
  const isInstance = typeof instance === 'object' && instance !== null;
  const maker: unknown = isInstance ? Reflect.get(instance, 'constructor') : instance;
  const owner = typeof maker === 'function' ? maker.name : 'an object';
  return `${owner}.${String(key)}`;
}

/** The error for a method whose decorators contradict each other; it is thrown where the class is defined. */
export function contradiction(target: object, key: string | symbol): ClusterLeaderError {
  return miswired(target, key, 'is both @LeaderOnly and @EveryReplica. Remove one of the two.');
}

function miswired(target: object, key: string | symbol, rest: string): ClusterLeaderError {
  return new ClusterLeaderError('ERR_MISWIRED', `${nameOf(target, key)} ${rest}`);
}

const logger = new Logger('ClusterLeader');
const said = new WeakSet<object>();

function sayUnwired(descriptor: PropertyDescriptor, name: string): void {
  if (said.has(descriptor)) return;
  said.add(descriptor);
  logger.error(
    `${name} is @LeaderOnly, but no ClusterLeaderModule knows its instance, so it never runs. Import ` +
      'ClusterLeaderModule.forRoot() in the root module, and let Nest make the instance at boot, neither per request nor ' +
      'in a lazy module.',
  );
}

/** Nest calls the hook of every instance once the app is wired, so that an app without the module hears of it then. */
function checkAtBoot(target: object, key: string | symbol, descriptor: PropertyDescriptor, name?: string): void {
  const hook: unknown = Reflect.get(target, 'onApplicationBootstrap');
  Object.defineProperty(target, 'onApplicationBootstrap', {
    configurable: true,
    writable: true,
    value: function onApplicationBootstrap(this: unknown): unknown {
      if (gateOf(this) === undefined) sayUnwired(descriptor, nameOf(this, key, name));
      return typeof hook === 'function' ? hook.call(this) : undefined;
    },
  });
}
