import type { DiscoveryService } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { gateOf, type Gate } from '../gating/gate.ts';
import type { Handler } from '../handlers/handlers.ts';
import { mark, markOf, THIS_COPY, unmark } from '../handlers/marks.ts';
import { disguise } from '../handlers/method.ts';
import { HeldCronJobs } from './held-cron-jobs.ts';
import { frozen, replace, type PutBack } from './replace.ts';
import { exploreAgain, explorerOf, isScheduled, jobsOf } from './schedule-internals.ts';

/** Gates everything that an app schedules, for `gate: 'all'`; changes instances, never classes. */
export class GateAll {
  readonly #registry: SchedulerRegistry | undefined;
  readonly #cronJobs: HeldCronJobs | undefined;
  readonly #putBacks: PutBack[] = [];

  /** Holds the cron jobs of the registry until `decide()`. Without a registry it changes nothing. */
  constructor(registry?: SchedulerRegistry) {
    this.#registry = registry;
    this.#cronJobs = registry && new HeldCronJobs(registry);
  }

  /** Runs the held cron jobs through `gate`, or releases them if there is none. */
  decide(gate: Gate | undefined): void {
    this.#cronJobs?.decide(gate);
  }

  /**
   * Gates every scheduled handler that no decorator of ours marks; throws ERR_MISWIRED if it cannot.
   *
   * Schedule captures the methods when its own module is initialised. If that has already happened, it explores again.
   */
  gateHandlers(gate: Gate, handlers: readonly Handler[], discovery: DiscoveryService): void {
    this.#cronJobs?.requireHold();
    const explorer = explorerOf(discovery, this.#registry);
    for (const handler of handlers) {
      const { instance, isStatic, key, method } = handler;
      // Schedule itself refuses the handlers of request-scoped providers.
      if (!isScheduled(method) || !isStatic) continue;
      if (markOf(instance, key, 'gated') || markOf(instance, key, 'everyReplica')) continue;
      this.#gateHandler(gate, handler);
    }
    if (explorer === undefined) return;
    // The cron jobs of handlers are gated in the handler, under its name, or are @EveryReplica.
    this.#cronJobs?.exempt((job) => jobsOf(explorer).includes(job));
    exploreAgain(explorer);
  }

  /** Restores the registry and the instances. Held cron jobs and methods that schedule has captured stay gated. */
  putBack(): void {
    this.#cronJobs?.putBack();
    for (const putBack of this.#putBacks.splice(0).toReversed()) putBack();
  }

  #gateHandler(gate: Gate, { instance, key, method, name }: Handler): void {
    gate.adopt(instance, name);
    // Looked up at each call: an instance provided as a value may belong to another app once this one has shut down.
    const gated = disguise(
      (...args) => (gateOf(instance) ?? gate).run(() => method.apply(instance, args), { name }),
      method,
    );
    const putBack = replace(instance, key, gated);
    if (putBack === undefined) {
      throw frozen(`${name} cannot be gated in its instance`, 'put @LeaderOnly() or @EveryReplica() on the method');
    }
    mark(instance, key, 'gated', THIS_COPY);
    this.#putBacks.push(putBack, () => unmark(instance, key, 'gated'));
  }
}
