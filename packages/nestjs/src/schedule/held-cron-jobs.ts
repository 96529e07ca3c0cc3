import { Logger } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { Gate } from '../gating/gate.ts';
import { isMethod, type Method } from '../handlers/method.ts';
import { frozen, replace, type PutBack } from './replace.ts';

type AddCronJob = SchedulerRegistry['addCronJob'];
type CronJob = Parameters<AddCronJob>[1];

const logger = new Logger('ClusterLeader');

/**
 * Holds the ticks of all cron jobs in a registry until it is decided whether they are gated.
 *
 * The options may be resolved late, and a job that a constructor has started does not wait for them.
 */
export class HeldCronJobs {
  readonly #gate = Promise.withResolvers<Gate | undefined>();
  readonly #held = new WeakSet<CronJob>();
  /** For the jobs that were held before the decision; undefined after it. */
  #releases: PutBack[] | undefined = [];
  #putBackRegistry: PutBack | undefined;
  #isRegistryFrozen = false;
  #isExempt: (job: CronJob) => boolean = () => false;

  constructor(registry: SchedulerRegistry) {
    // A test may have replaced the registry by a mock that has only the methods it needs.
    const mock: Partial<SchedulerRegistry> = registry;
    for (const [name, job] of mock.getCronJobs?.() ?? []) this.#hold(name, job);
    const add: unknown = Reflect.get(registry, 'addCronJob');
    if (!isMethod(add)) return;
    this.#putBackRegistry = replace(registry, 'addCronJob', this.#holding(add));
    this.#isRegistryFrozen = this.#putBackRegistry === undefined;
  }

  /**
   * Runs the held ticks, and all later ones, through `gate`; without a gate, leaves the jobs and the registry as they
   * were.
   */
  decide(gate: Gate | undefined): void {
    this.#gate.resolve(gate);
    const releases = this.#releases ?? [];
    this.#releases = undefined;
    if (gate !== undefined) return;
    for (const release of releases) release();
    this.putBack();
  }

  /** Throws ERR_MISWIRED if jobs that are added to the registry cannot be held. */
  requireHold(): void {
    if (this.#isRegistryFrozen) throw frozen('the SchedulerRegistry cannot be gated', 'decorate with @LeaderOnly()');
  }

  /** Does not hold later jobs for which `isExempt` returns true. */
  exempt(isExempt: (job: unknown) => boolean): void {
    this.#isExempt = isExempt;
  }

  /** Restores the registry. Held jobs stay gated. */
  putBack(): void {
    this.#putBackRegistry?.();
  }

  /** A proxy, so that a mocked method keeps its other properties. */
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
    if (!isMethod(fireOnTick) || this.#held.has(job) || this.#isExempt(job)) return;
    const fire = fireOnTick.bind(job);
    const held = async (): Promise<void> => {
      const gate = await this.#gate.promise;
      // Cron does not await the tick, and schedule never sees an error of the gate itself, such as an unknown leader.
      await (gate === undefined ? fire() : gate.run(fire, { name }).catch((error: unknown) => logger.error(error)));
    };
    this.#held.add(job);
    const release = replace(job, 'fireOnTick', held);
    if (release === undefined) throw frozen(`the cron job ${name} cannot be gated`, 'do not register it');
    this.#releases?.push(release);
  }
}
