import { ClusterLeaderError } from '@cluster-leader/core';
import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { gateOf, type Gate } from './gate.ts';
import type { Handler } from './handlers.ts';
import { dress, isMethod, mark, markOf, THIS_COPY, unmark, type Method } from './metadata.ts';
import { replace, type PutBack } from './replace.ts';
import { exploreAgain, explorerOf, isScheduled, type Explorer } from './schedule-internals.ts';

type AddCronJob = SchedulerRegistry['addCronJob'];
type CronJob = Parameters<AddCronJob>[1];

const logger = new Logger('ClusterLeader');

/** Gates what an app schedules, in the instances of this app alone. */
export class GateAll {
  readonly #gate = Promise.withResolvers<Gate | undefined>();
  readonly #held = new WeakSet<CronJob>();
  /** For the jobs that are held while it is not known whether they are to be gated. */
  #releases: PutBack[] | undefined = [];
  readonly #putBacks: PutBack[] = [];
  readonly #registry: SchedulerRegistry | undefined;
  #isFrozen = false;
  #explorer: Explorer | undefined;

  /**
   * Holds every cron job that is put into the registry, and those that are there already, until it is known whether they
   * are to be gated: options may come late, and a job that a constructor has started does not wait for them.
   *
   * Without a registry it touches nothing.
   */
  constructor(registry?: SchedulerRegistry) {
    this.#registry = registry;
    if (registry === undefined) return;
    // A test may have put a mock in its place, with no more than the test needs.
    const its: Partial<SchedulerRegistry> = registry;
    for (const [name, job] of its.getCronJobs?.() ?? []) this.#hold(name, job);
    const add: unknown = Reflect.get(registry, 'addCronJob');
    if (!isMethod(add)) return;
    const putBack = replace(registry, 'addCronJob', this.#holding(add));
    if (putBack === undefined) this.#isFrozen = true;
    else this.#putBacks.push(putBack);
  }

  /** Lets what is held run by `gate`, or freely if there is none. */
  decide(gate: Gate | undefined): void {
    this.#gate.resolve(gate);
    const releases = this.#releases ?? [];
    this.#releases = undefined;
    if (gate !== undefined) return;
    for (const release of releases) release();
    this.putBack();
  }

  /**
   * Gates every scheduled handler that does not say otherwise; throws ERR_MISWIRED if it cannot.
   *
   * Schedule captures methods when its module is initialised, which may have been before: then it looks again.
   */
  gateHandlers(gate: Gate, handlers: readonly Handler[], discovery: DiscoveryService): void {
    if (this.#isFrozen) throw frozen('the SchedulerRegistry cannot be gated', 'decorate with @LeaderOnly()');
    this.#explorer = explorerOf(discovery, this.#registry);
    for (const handler of handlers) {
      const { instance, isStatic, key, method } = handler;
      // Schedule itself refuses those that are made per request.
      if (!isScheduled(method) || !isStatic) continue;
      if (markOf(instance, key, 'gated') || markOf(instance, key, 'everyReplica')) continue;
      this.#gateHandler(gate, handler);
    }
    if (this.#explorer !== undefined) exploreAgain(this.#explorer);
  }

  /** Puts back what it has replaced in the registry and in instances. What fires by time stays gated. */
  putBack(): void {
    for (const putBack of this.#putBacks.splice(0).toReversed()) putBack();
  }

  /** A proxy, so that a mock of a test remains one. */
  #holding(add: Method): Method {
    return new Proxy(add, {
      apply: (target, registry: unknown, [name, job]: Parameters<AddCronJob>) => {
        try {
          return target.call(registry, name, job);
        } finally {
          this.#hold(name, job);
        }
      },
    });
  }

  #hold(name: string, job: CronJob): void {
    const fireOnTick: unknown = Reflect.get(job, 'fireOnTick');
    if (!isMethod(fireOnTick) || this.#held.has(job) || this.#isOfHandler(job)) return;
    const fire = fireOnTick.bind(job);
    const held = async (): Promise<void> => {
      const gate = await this.#gate.promise;
      // Cron itself awaits nothing, and what the gate throws is the leader's, which schedule does not see.
      await (gate === undefined ? fire() : gate.run(fire, { name }).catch((error: unknown) => logger.error(error)));
    };
    this.#held.add(job);
    const release = replace(job, 'fireOnTick', held);
    if (release === undefined) throw frozen(`the cron job ${name} cannot be gated`, 'do not register it');
    this.#releases?.push(release);
  }

  /** Handlers are gated in their instance, by their own name, or not at all by their own wish. */
  #isOfHandler(job: CronJob): boolean {
    const jobs = this.#explorer?.schedulerOrchestrator.cronJobs ?? {};
    return Object.values(jobs).some(({ ref }) => ref === job);
  }

  #gateHandler(gate: Gate, { instance, key, method, name }: Handler): void {
    gate.adopt(instance, name);
    // Looked up at the call: an instance that is a value may come to another app when this one is over.
    const gated = dress(
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

function frozen(trouble: string, otherwise: string): ClusterLeaderError {
  return new ClusterLeaderError('ERR_MISWIRED', `gate is 'all', but ${trouble}. Do not freeze it, or ${otherwise}.`);
}
