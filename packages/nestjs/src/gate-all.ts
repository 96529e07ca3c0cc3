import { ClusterLeaderError } from '@cluster-leader/core';
import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { gateOf, type Gate } from './gate.ts';
import type { Handler } from './handlers.ts';
import { dress, mark, markOf, setGate } from './metadata.ts';
import { exploreAgain, explorerOf, isScheduled, type Explorer } from './schedule-internals.ts';

type CronJob = Parameters<SchedulerRegistry['addCronJob']>[1];

const logger = new Logger('ClusterLeader');

/** Gates what an app schedules, in the instances of this app alone. */
export class GateAll {
  readonly #gate = Promise.withResolvers<Gate | undefined>();
  readonly #held = new WeakSet<CronJob>();
  readonly #registry: SchedulerRegistry | undefined;
  #explorer: Explorer | undefined;
  #release = (): void => {};

  /**
   * Holds every cron job that is put into the registry, and those that are there already, until it is known whether they
   * are to be gated: options may come late, and a job that a constructor has started does not wait for them.
   */
  constructor(registry?: SchedulerRegistry) {
    this.#registry = registry;
    if (registry === undefined) return;
    for (const [name, job] of registry.getCronJobs()) this.#hold(name, job);
    const add = registry.addCronJob.bind(registry);
    const held = (name: string, job: CronJob): void => {
      this.#hold(name, job);
      add(name, job);
    };
    registry.addCronJob = held;
    this.#release = () => {
      if (Reflect.get(registry, 'addCronJob') === held) Reflect.deleteProperty(registry, 'addCronJob');
    };
  }

  /** Lets what is held run by `gate`, or freely where there is none. */
  decide(gate: Gate | undefined): void {
    this.#gate.resolve(gate);
    if (gate === undefined) this.#release();
  }

  /**
   * Gates every scheduled handler that does not say otherwise; throws ERR_MISWIRED where it cannot.
   *
   * Schedule captures methods when its module is initialised, which may have been before: then it looks again.
   */
  gateHandlers(gate: Gate, handlers: readonly Handler[], discovery: DiscoveryService): void {
    this.#explorer = explorerOf(discovery, this.#registry);
    for (const handler of handlers) {
      const { isStatic, method } = handler;
      // Schedule itself refuses those that are made per request.
      if (!isScheduled(method) || !isStatic || markOf(method, 'gated') || markOf(method, 'everyReplica')) continue;
      gateHandler(gate, handler);
    }
    if (this.#explorer !== undefined) exploreAgain(this.#explorer);
  }

  #hold(name: string, job: CronJob): void {
    if (this.#held.has(job) || this.#isOfHandler(job)) return;
    this.#held.add(job);
    const fire = job.fireOnTick.bind(job);
    job.fireOnTick = async (): Promise<void> => {
      const gate = await this.#gate.promise;
      // Cron itself awaits nothing, and schedule's registry logs only what was put into it after this.
      await (gate === undefined ? fire() : gate.run(fire, { name }).catch((error: unknown) => logger.error(error)));
    };
  }

  /** Handlers are gated in their instance, by their own name, or not at all by their own wish. */
  #isOfHandler(job: CronJob): boolean {
    const jobs = this.#explorer?.schedulerOrchestrator.cronJobs ?? {};
    return Object.values(jobs).some(({ ref }) => ref === job);
  }
}

function gateHandler(gate: Gate, { instance, key, method, name }: Handler): void {
  gate.adopt(instance, name);
  // Looked up at the call: an instance that is a value may come to another app when this one is over.
  const gated = dress(
    (...args) => (gateOf(instance) ?? gate).run(() => method.apply(instance, args), { name }),
    method,
  );
  mark(gated, 'gated', true);
  setGate(instance, key);
  if (Reflect.defineProperty(instance, key, { value: gated, configurable: true, writable: true })) return;
  const fix = 'Do not freeze it, or put @LeaderOnly() or @EveryReplica() on the method.';
  throw new ClusterLeaderError('ERR_MISWIRED', `gate is 'all', but ${name} cannot be gated in its instance. ${fix}`);
}
