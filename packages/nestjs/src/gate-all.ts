import { ClusterLeaderError } from '@cluster-leader/core';
import type { DiscoveryService } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { Gate } from './gate.ts';
import type { Handler } from './handlers.ts';
import { dress, mark, markOf } from './metadata.ts';
import { exploreAgain, explorersOf, isScheduled, type Explorer } from './schedule-internals.ts';

type CronJob = Parameters<SchedulerRegistry['addCronJob']>[1];

/** Gates what an app schedules, in the instances of this app alone. */
export class GateAll {
  readonly #gate: Gate;
  readonly #gated = new WeakSet<CronJob>();
  #explorers: readonly Explorer[] = [];

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /** Gates every cron job that is put into the registry, and those that are there already. */
  gateRegistry(registry: SchedulerRegistry): void {
    for (const [name, job] of registry.getCronJobs()) this.#gateJob(name, job);
    const add = registry.addCronJob.bind(registry);
    registry.addCronJob = (name: string, job: CronJob): void => {
      this.#gateJob(name, job);
      add(name, job);
    };
  }

  /**
   * Gates every scheduled handler that does not say otherwise; throws ERR_MISWIRED where it cannot.
   *
   * Schedule captures methods when its module is initialised, which may have been before: then it looks again.
   */
  gateHandlers(handlers: readonly Handler[], discovery: DiscoveryService): void {
    this.#explorers = explorersOf(discovery);
    for (const handler of handlers) {
      const { isStatic, method } = handler;
      // Schedule itself refuses those that are made per request.
      if (!isScheduled(method) || !isStatic || markOf(method, 'gated') || markOf(method, 'everyReplica')) continue;
      this.#gateHandler(handler);
    }
    for (const explorer of this.#explorers) exploreAgain(explorer);
  }

  #gateHandler({ instance, key, method, name }: Handler): void {
    const gated = dress((...args) => this.#gate.run(() => method.apply(instance, args), { name }), method);
    mark(gated, 'gated', true);
    if (Reflect.defineProperty(instance, key, { value: gated, configurable: true, writable: true })) return;
    const fix = 'Do not freeze it, or put @LeaderOnly() or @EveryReplica() on the method.';
    throw new ClusterLeaderError('ERR_MISWIRED', `gate is 'all', but ${name} cannot be gated in its instance. ${fix}`);
  }

  #gateJob(name: string, job: CronJob): void {
    if (this.#gated.has(job) || this.#isOfHandler(job)) return;
    this.#gated.add(job);
    const fire = job.fireOnTick.bind(job);
    job.fireOnTick = (): Promise<void> => this.#gate.fire(fire, name);
  }

  /** Handlers are gated in their instance, by their own name, or not at all by their own wish. */
  #isOfHandler(job: CronJob): boolean {
    const jobs = this.#explorers.flatMap(({ schedulerOrchestrator }) => Object.values(schedulerOrchestrator.cronJobs));
    return jobs.some(({ ref }) => ref === job);
  }
}
