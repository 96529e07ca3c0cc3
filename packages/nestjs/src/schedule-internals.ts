import { ClusterLeaderError } from '@cluster-leader/core';
import type { DiscoveryService } from '@nestjs/core';
import { Cron, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule';

// What `gate: 'all'` must know of @nestjs/schedule beyond its public names. If it is not as expected, the app does not
// boot: a schedule that it does not understand might run what should be gated.

/** What the explorer has found so far, by the names of the jobs; timers start in `onApplicationBootstrap`. */
interface Found {
  readonly cronJobs: Record<string, { readonly ref?: unknown }>;
  readonly timeouts: Record<string, unknown>;
  readonly intervals: Record<string, unknown>;
}

/** The metadata that every schedule decorator leaves on a method, learnt from the decorators themselves. */
const SCHEDULED: readonly unknown[] = keysOf(Cron('* * * * *')).filter(
  (key) => keysOf(Interval(1)).includes(key) && keysOf(Timeout(1)).includes(key),
);

/** Whether `method` is one that schedule runs; like schedule it looks at what a wrapper inherits, too. */
export function isScheduled(method: object): boolean {
  return SCHEDULED.some((key) => Reflect.hasMetadata(key, method));
}

/** What finds the scheduled methods of an app, when its module is initialised. */
export interface Explorer {
  readonly schedulerOrchestrator: Found;
  explore(): void;
}

/**
 * The explorer of the app, if it imports schedule.
 *
 * Throws ERR_MISWIRED if it is not as known, or if `seen` is not the only registry of the app. Classes are told apart by
 * identity and by what they can do, not by their names, which a minifier changes.
 */
export function explorerOf(discovery: DiscoveryService, seen: SchedulerRegistry | undefined): Explorer | undefined {
  const providers = discovery.getProviders();
  const registries = providers.filter(({ token }) => token === SchedulerRegistry);
  const others = providers
    .filter(({ token }) => token !== SchedulerRegistry)
    .map(({ instance }): unknown => instance)
    .filter((instance) => instance !== seen && isRegistry(instance));
  if (others.some((other) => !(other instanceof SchedulerRegistry))) {
    throw miswired('there are two copies of @nestjs/schedule', 'Let npm deduplicate it, so that all import the same');
  }
  const [registry, second] = registries;
  if (registry?.instance !== seen || second !== undefined || others.length > 0) {
    const fix = 'Import ScheduleModule.forRoot() once, in the root module, and make the registry no provider elsewhere';
    throw miswired('there is more than one SchedulerRegistry, or one that is not global', fix);
  }
  if (registry === undefined) return undefined;
  const explorer = providers
    .filter(({ host }) => host === registry.host)
    .map(({ instance }): unknown => instance)
    .find(isExplorer);
  if (explorer !== undefined && SCHEDULED.length > 0) return explorer;
  throw miswired('this version of @nestjs/schedule is not known', 'Install a version 6 or 12 of it');
}

/** Lets the explorer look again, at methods that have been replaced since it looked first. */
export function exploreAgain(explorer: Explorer): void {
  const { cronJobs, timeouts, intervals } = explorer.schedulerOrchestrator;
  const jobs = [cronJobs, timeouts, intervals];
  if (jobs.every((byName) => Object.keys(byName).length === 0)) return; // Its turn is still to come.
  for (const byName of jobs) for (const name of Object.keys(byName)) Reflect.deleteProperty(byName, name);
  explorer.explore();
}

function isExplorer(value: unknown): value is Explorer {
  if (!isObject(value) || typeof Reflect.get(value, 'explore') !== 'function') return false;
  const found: unknown = Reflect.get(value, 'schedulerOrchestrator');
  return isObject(found) && ['cronJobs', 'timeouts', 'intervals'].every((name) => isRecord(Reflect.get(found, name)));
}

function isRegistry(value: unknown): boolean {
  const methods = ['addCronJob', 'addInterval', 'addTimeout', 'getCronJobs'];
  return isObject(value) && methods.every((name) => typeof Reflect.get(value, name) === 'function');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Anything else, such as a Map, would seem empty. */
function isRecord(value: unknown): boolean {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}

function keysOf(decorate: MethodDecorator): unknown[] {
  const descriptor = { value: (): void => {} };
  decorate({}, 'method', descriptor);
  return Reflect.getOwnMetadataKeys(descriptor.value);
}

function miswired(what: string, next: string): ClusterLeaderError {
  return new ClusterLeaderError('ERR_MISWIRED', `gate is 'all', but ${what}. ${next}, or decorate with @LeaderOnly().`);
}
