import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { gateOf, type Gate } from '../gating/gate.ts';
import type { Handler } from '../handlers/handlers.ts';
import { mark, markOf, THIS_COPY, unmark } from '../handlers/marks.ts';
import { disguise } from '../handlers/method.ts';
import type { LedgerJobs } from '../ledger/ledger-jobs.ts';
import { HeldCronJobs, type HeldJob, type Tick } from './held-cron-jobs.ts';
import { frozen, replace, type PutBack } from './replace.ts';
import {
  exploreAgain,
  explorerOf,
  GATE_ALL,
  isScheduled,
  jobsOf,
  LEDGER,
  type Explorer,
} from './schedule-internals.ts';

const logger = new Logger('ClusterLeader');

/**
 * Gates everything that an app schedules, for `gate: 'all'`, and lets a ledger record its cron jobs; changes instances,
 * never classes.
 */
export class GateAll {
  readonly #registry: SchedulerRegistry | undefined;
  readonly #cronJobs: HeldCronJobs | undefined;
  readonly #putBacks: PutBack[] = [];
  #explorer: Explorer | undefined;

  /** Holds the cron jobs of the registry until `decide()`. Without a registry it changes nothing. */
  constructor(registry?: SchedulerRegistry) {
    this.#registry = registry;
    this.#cronJobs = registry && new HeldCronJobs(registry);
  }

  /**
   * Runs the held cron jobs that the app has registered itself through `gate`, and lets `ledger` record what is gated;
   * leaves all jobs alone if there is neither.
   */
  decide(gate: Gate | undefined, ledger: LedgerJobs | undefined): void {
    if (gate === undefined && ledger === undefined) this.#cronJobs?.decide(undefined);
    else {
      const tickOf = (held: HeldJob): Tick | undefined => this.#tickOf(held, gate, ledger);
      this.#cronJobs?.decide({ watches: ledger !== undefined, tickOf });
    }
  }

  /**
   * Gates every scheduled handler that no decorator of ours marks; throws ERR_MISWIRED if it cannot.
   *
   * Schedule captures the methods when its own module is initialised. If that has already happened, it explores again.
   */
  gateHandlers(gate: Gate, handlers: readonly Handler[], discovery: DiscoveryService): void {
    this.#cronJobs?.requireHold(GATE_ALL);
    this.#explorer = explorerOf(discovery, this.#registry, GATE_ALL);
    for (const handler of handlers) {
      const { instance, isStatic, key, method } = handler;
      // Schedule itself refuses the handlers of request-scoped providers.
      if (!isScheduled(method) || !isStatic) continue;
      if (markOf(instance, key, 'gated') || markOf(instance, key, 'everyReplica')) continue;
      this.#gateHandler(gate, handler);
    }
    if (this.#explorer !== undefined) exploreAgain(this.#explorer);
  }

  /** Lets `ledger` record the gated handlers; throws ERR_MISWIRED if it cannot. */
  recordHandlers(ledger: LedgerJobs, handlers: readonly Handler[], discovery: DiscoveryService): void {
    this.#cronJobs?.requireHold(LEDGER);
    this.#explorer = explorerOf(discovery, this.#registry, LEDGER);
    ledger.findHandlers(handlers);
  }

  /** Restores the registry and the instances. Held cron jobs and methods that schedule has captured stay gated. */
  putBack(): void {
    this.#cronJobs?.putBack();
    for (const putBack of this.#putBacks.splice(0).toReversed()) putBack();
  }

  #tickOf(held: HeldJob, gate: Gate | undefined, ledger: LedgerJobs | undefined): Tick | undefined {
    const { job, name, fire } = held;
    // The cron jobs of handlers are gated in the handler, under its name, or are @EveryReplica.
    if (this.#explorer !== undefined && jobsOf(this.#explorer).includes(job)) return ledger?.recordHandler(held);
    if (gate === undefined) return undefined;
    if (ledger !== undefined) return ledger.recordDynamic(held);
    const run = { name, instance: job, key: 'fireOnTick' };
    // Cron does not await the tick, and schedule never sees an error of the gate itself, such as an unknown leader.
    return () => gate.run(fire, run).catch((error: unknown) => logger.error(error));
  }

  #gateHandler(gate: Gate, { instance, key, method, name }: Handler): void {
    gate.adopt(instance, name);
    // Looked up at each call: an instance provided as a value may belong to another app once this one has shut down.
    const gated = disguise(
      (...args) => (gateOf(instance) ?? gate).run(() => method.apply(instance, args), { name, instance, key }),
      method,
    );
    const putBack = replace(instance, key, gated);
    if (putBack === undefined) {
      const otherwise = 'put @LeaderOnly() or @EveryReplica() on the method';
      throw frozen(`${name} cannot be gated in its instance`, { ...GATE_ALL, otherwise });
    }
    mark(instance, key, 'gated', THIS_COPY);
    this.#putBacks.push(putBack, () => unmark(instance, key, 'gated'));
  }
}
