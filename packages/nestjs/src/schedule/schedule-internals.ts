// What `gate: 'all'` and a ledger must know of @nestjs/schedule beyond its public API. If an installed version differs, the app does
// not boot: otherwise work that should be gated might run everywhere.
import type { ClusterLeaderError } from '@cluster-leader/core';
import type { DiscoveryService } from '@nestjs/core';
import { Cron, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { missingMethods } from '../handlers/method.ts';
import { miswired } from '../miswired.ts';

/** What the explorer has found so far, by the names of the jobs; the timers start in `onApplicationBootstrap`. */
interface Orchestrator {
  readonly cronJobs: Record<string, { readonly ref?: unknown }>;
  readonly timeouts: Record<string, unknown>;
  readonly intervals: Record<string, unknown>;
}

/** The provider of schedule that finds the scheduled methods of an app, when its module is initialised. */
export interface Explorer {
  readonly schedulerOrchestrator: Orchestrator;
  explore(): void;
}

/** What these internals are needed for, and how to do without, for messages. */
export interface Use {
  readonly because: string;
  readonly otherwise: string;
}

export const GATE_ALL: Use = { because: "gate is 'all'", otherwise: 'decorate with @LeaderOnly()' };
export const LEDGER: Use = { because: 'the module has a ledger', otherwise: 'leave the ledger out' };

/** The metadata keys that all three decorators of schedule have in common, read from the decorators themselves. */
const SCHEDULED: readonly unknown[] = keysOf(Cron('* * * * *')).filter(
  (key) => keysOf(Interval(1)).includes(key) && keysOf(Timeout(1)).includes(key),
);

/** The metadata key under which `@Cron` keeps its options. */
const CRON_OPTIONS: unknown = keysOf(Cron('* * * * *')).find((key) => !SCHEDULED.includes(key) && hasCronTime(key));

/** Returns the options of `@Cron` on `method`, or undefined if it has none. */
export function cronOptionsOf(method: object): { readonly name?: string } | undefined {
  return Reflect.getMetadata(CRON_OPTIONS, method);
}

/** Returns whether schedule calls `method`; like schedule, it also considers metadata that a wrapper inherits. */
export function isScheduled(method: object): boolean {
  return SCHEDULED.some((key) => Reflect.hasMetadata(key, method));
}

/**
 * Returns the explorer of the app, or undefined if the app does not import schedule.
 *
 * Throws ERR_MISWIRED if the explorer is not as expected, or if `held` is not the only registry of the app. Classes are
 * recognised by identity and by their methods, not by their names, which a minifier changes.
 */
export function explorerOf(
  discovery: DiscoveryService,
  held: SchedulerRegistry | undefined,
  use: Use,
): Explorer | undefined {
  const providers = discovery.getProviders();
  const registries = providers.filter(({ token }) => token === SchedulerRegistry);
  const others = providers
    .filter(({ token }) => token !== SchedulerRegistry)
    .map(({ instance }): unknown => instance)
    .filter((instance) => instance !== held && isRegistry(instance));
  if (others.some((other) => !(other instanceof SchedulerRegistry))) {
    throw unusable(
      use,
      'there are two copies of @nestjs/schedule',
      'Let npm deduplicate it, so that all import the same',
    );
  }
  const [registry, second] = registries;
  if (registry?.instance !== held || second !== undefined || others.length > 0) {
    const fix = 'Import ScheduleModule.forRoot() once, in the root module, and provide SchedulerRegistry nowhere else';
    throw unusable(use, 'there is more than one SchedulerRegistry, or one that is not global', fix);
  }
  if (registry === undefined) return undefined;
  const explorer = providers
    .filter(({ host }) => host === registry.host)
    .map(({ instance }): unknown => instance)
    .find(isExplorer);
  const isKnown = SCHEDULED.length > 0 && (use !== LEDGER || CRON_OPTIONS !== undefined);
  if (explorer !== undefined && isKnown) return explorer;
  throw unusable(use, 'this version of @nestjs/schedule is not supported', 'Install version 6 or 12');
}

/** Returns the cron jobs that schedule has created for handlers. */
export function jobsOf({ schedulerOrchestrator }: Explorer): unknown[] {
  return Object.values(schedulerOrchestrator.cronJobs).map(({ ref }) => ref);
}

/** Makes the explorer capture the methods again if it has captured them before they were replaced. */
export function exploreAgain(explorer: Explorer): void {
  const { cronJobs, timeouts, intervals } = explorer.schedulerOrchestrator;
  const jobs = [cronJobs, timeouts, intervals];
  if (jobs.every((byName) => Object.keys(byName).length === 0)) return; // It has not explored yet, and will.
  for (const byName of jobs) for (const name of Object.keys(byName)) Reflect.deleteProperty(byName, name);
  explorer.explore();
}

function isExplorer(value: unknown): value is Explorer {
  if (missingMethods(value, ['explore']).length > 0) return false;
  const found: unknown = Reflect.get(Object(value), 'schedulerOrchestrator');
  return ['cronJobs', 'timeouts', 'intervals'].every((name) => isRecord(Reflect.get(Object(found), name)));
}

function isRegistry(value: unknown): boolean {
  return missingMethods(value, ['addCronJob', 'addInterval', 'addTimeout', 'getCronJobs']).length === 0;
}

/** A plain object: a Map, for one, would look empty. */
function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Reflect.getPrototypeOf(value) === Object.prototype;
}

function keysOf(decorate: MethodDecorator): unknown[] {
  return Reflect.getOwnMetadataKeys(decorated(decorate));
}

function hasCronTime(key: unknown): boolean {
  const options: unknown = Reflect.getMetadata(key, decorated(Cron('* * * * *')));
  return typeof Reflect.get(Object(options), 'cronTime') === 'string';
}

function decorated(decorate: MethodDecorator): object {
  const descriptor = { value: (): void => {} };
  decorate({}, 'method', descriptor);
  return descriptor.value;
}

function unusable({ because, otherwise }: Use, problem: string, fix: string): ClusterLeaderError {
  return miswired(`${because}, but ${problem}`, `${fix}, or ${otherwise}.`);
}
