import { ClusterLeaderError } from '@cluster-leader/core';
import type { DiscoveryService } from '@nestjs/core';
import { Cron, Interval, ScheduleModule, Timeout } from '@nestjs/schedule';

// What `gate: 'all'` must know of @nestjs/schedule beyond its public names. Where it is not as expected, the app does not
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

/** Whether `method` is one that schedule runs. */
export function isScheduled(method: object): boolean {
  return SCHEDULED.some((key) => Reflect.hasMetadata(key, method));
}

/** What finds the scheduled methods of an app, when its module is initialised. */
export interface Explorer {
  readonly schedulerOrchestrator: Found;
  explore(): void;
}

/** The explorers of the app, one for each `ScheduleModule.forRoot()` with options of its own; throws ERR_MISWIRED where they are not as known. */
export function explorersOf(discovery: DiscoveryService): readonly Explorer[] {
  const explorers: Explorer[] = [];
  let isThere = false;
  for (const { instance, host } of discovery.getProviders()) {
    const candidate: unknown = instance;
    if (host?.metatype === ScheduleModule) isThere = true;
    if (!isExplorer(candidate)) continue;
    if (host?.metatype !== ScheduleModule) {
      throw miswired('there are two copies of @nestjs/schedule', 'Let npm deduplicate it, so that all import the same');
    }
    explorers.push(candidate);
  }
  if (isThere && (explorers.length === 0 || SCHEDULED.length === 0)) {
    throw miswired('this version of @nestjs/schedule is not known', 'Install a version 6 or 12 of it');
  }
  return explorers;
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
  return isObject(found) && ['cronJobs', 'timeouts', 'intervals'].every((name) => isObject(Reflect.get(found, name)));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function keysOf(decorate: MethodDecorator): unknown[] {
  const descriptor = { value: (): void => {} };
  decorate({}, 'method', descriptor);
  return Reflect.getOwnMetadataKeys(descriptor.value);
}

function miswired(what: string, next: string): ClusterLeaderError {
  return new ClusterLeaderError('ERR_MISWIRED', `gate is 'all', but ${what}. ${next}, or decorate with @LeaderOnly().`);
}
