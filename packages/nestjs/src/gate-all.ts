import { ClusterLeaderError } from '@cluster-leader/core';
import type { DiscoveryService } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { Gate } from './gate.ts';
import type { Handler } from './handlers.ts';
import { dress, mark, markOf } from './metadata.ts';
import { exploreAgain, explorersOf, foundBy, isScheduled } from './schedule-internals.ts';

type CronJob = Parameters<SchedulerRegistry['addCronJob']>[1];

/**
 * Gates every scheduled handler that does not say otherwise, in the instances of this app alone.
 *
 * Schedule captures methods when its module is initialised, which may have been before: then it looks again.
 */
export function gateHandlers(gate: Gate, handlers: readonly Handler[], discovery: DiscoveryService): void {
  const explorers = explorersOf(discovery);
  for (const { instance, key, method, name, isStatic } of handlers.filter((handler) => isScheduled(handler.method))) {
    if (!isStatic || markOf(method, 'gated') || markOf(method, 'everyReplica')) continue;
    const gated = dress((...args) => gate.run(() => method.apply(instance, args), { name }), method);
    mark(gated, 'gated', true);
    if (Reflect.defineProperty(instance, key, { value: gated, configurable: true, writable: true })) continue;
    const fix = 'Do not freeze it, or put @LeaderOnly() or @EveryReplica() on the method.';
    throw new ClusterLeaderError('ERR_MISWIRED', `gate is 'all', but ${name} cannot be gated in its instance. ${fix}`);
  }
  for (const explorer of explorers) exploreAgain(explorer);
}

/** Gates every cron job that is put into the registry, and those that are there already. */
export function gateDynamicJobs(gate: Gate, registry: SchedulerRegistry, discovery: DiscoveryService): void {
  const gated = new WeakSet<CronJob>();
  // Handlers are gated in their instance, by their own name, or not at all by their own wish.
  const isHandler = (job: CronJob): boolean =>
    explorersOf(discovery).some((explorer) => Object.values(foundBy(explorer).cronJobs).some(({ ref }) => ref === job));
  const gateJob = (job: CronJob, name: string): void => {
    if (gated.has(job) || isHandler(job)) return;
    gated.add(job);
    const fire = job.fireOnTick.bind(job);
    job.fireOnTick = (): Promise<void> => gate.fire(fire, name);
  };
  for (const [name, job] of registry.getCronJobs()) gateJob(job, name);
  const add = registry.addCronJob.bind(registry);
  registry.addCronJob = (name: string, job: CronJob): void => {
    gateJob(job, name);
    add(name, job);
  };
}
