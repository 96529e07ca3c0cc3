import type { SchedulerRegistry } from '@nestjs/schedule';
import { isMethod, type Method } from '../handlers/method.ts';
import { watchTicks, type TimerTicks } from '../ledger/timer-ticks.ts';
import { frozen, replace, type PutBack } from './replace.ts';
import { GATE_ALL, type Use } from './schedule-internals.ts';

type AddCronJob = SchedulerRegistry['addCronJob'];

/** A cron job of schedule. */
export type CronJob = Parameters<AddCronJob>[1];

/** A cron job of the registry whose `fireOnTick` is replaced. */
export interface HeldJob {
  /** The name under which it was registered first. */
  readonly name: string;
  readonly job: CronJob;
  /** Calls the method that was replaced. */
  readonly fire: () => Promise<void>;
  /** Watched only for a ledger; undefined also if this version of cron is not known. */
  readonly ticks: TimerTicks | undefined;
}

/** Does what a call of `fireOnTick` is replaced by; `firedAt` is undefined if not the timer makes it, or nothing watches. */
export type Tick = (firedAt: Date | undefined) => unknown;

/** How cron jobs tick, once that is decided. */
export interface Decision {
  /** Whether `ticks` are watched. */
  readonly watches: boolean;
  /** Returns what a job does instead of its `fireOnTick`, or undefined to leave the job alone. */
  readonly tickOf: (held: HeldJob) => Tick | undefined;
}

const LEAVE_ALONE: Decision = { watches: false, tickOf: () => undefined };

/**
 * Holds the ticks of all cron jobs in a registry until it is decided what they do.
 *
 * The options may be resolved late, and a job that a constructor has started does not wait for them.
 */
export class HeldCronJobs {
  readonly #known = new WeakSet<CronJob>();
  #decision: Decision | undefined;
  /** Decide on the jobs that are held until then. */
  readonly #decide: ((decision: Decision) => void)[] = [];
  readonly #putBacks: PutBack[] = [];
  #isRegistryFrozen = false;

  constructor(registry: SchedulerRegistry) {
    // A test may have replaced the registry by a mock that has only the methods it needs.
    const mock: Partial<SchedulerRegistry> = registry;
    for (const [name, job] of mock.getCronJobs?.() ?? []) this.#hold(name, job);
    const add: unknown = Reflect.get(registry, 'addCronJob');
    if (!isMethod(add)) return;
    const putBack = replace(registry, 'addCronJob', this.#holding(add));
    this.#isRegistryFrozen = putBack === undefined;
    if (putBack !== undefined) this.#putBacks.push(putBack);
  }

  /**
   * Runs the held ticks, and all later ones, as `decision` says; without one, leaves the jobs and the registry as they
   * were.
   */
  decide(decision: Decision | undefined): void {
    this.#decision = decision ?? LEAVE_ALONE;
    for (const decide of this.#decide.splice(0)) decide(this.#decision);
    if (decision === undefined) this.putBack();
  }

  /** Throws ERR_MISWIRED if jobs that are added to the registry cannot be held. */
  requireHold(use: Use): void {
    if (this.#isRegistryFrozen) throw frozen('the SchedulerRegistry cannot be gated', use);
  }

  /** Restores the registry, and what is watched of the jobs. Held jobs stay gated. */
  putBack(): void {
    for (const putBack of this.#putBacks.splice(0)) putBack();
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
    if (!isMethod(fireOnTick) || this.#known.has(job)) return;
    const ticks = this.#decision?.watches === false ? undefined : watchTicks(job);
    const fire = async (): Promise<void> => void (await fireOnTick.call(job));
    const held: HeldJob = { name, job, fire, ticks };
    const tick = this.#decision && tickOf(this.#decision, held);
    if (this.#decision !== undefined && tick === undefined) {
      ticks?.putBack();
      return;
    }
    const later = Promise.withResolvers<Tick>();
    const release = replace(job, 'fireOnTick', async () => {
      const firedAt = ticks?.take();
      await (tick ?? (await later.promise))(firedAt);
    });
    if (release === undefined) {
      throw frozen(`the cron job ${name} cannot be gated`, { ...GATE_ALL, otherwise: 'do not register it' });
    }
    this.#known.add(job);
    if (ticks !== undefined) this.#putBacks.push(() => ticks.putBack());
    if (tick !== undefined) return;
    this.#decide.push((decision) => {
      const decided = tickOf(decision, held);
      if (decided === undefined) release();
      if (decided === undefined || !decision.watches) ticks?.putBack();
      later.resolve(decided ?? fire);
    });
  }
}

/** Stops a job that is refused: it may have been started, and would run on every replica. */
function tickOf(decision: Decision, held: HeldJob): Tick | undefined {
  try {
    return decision.tickOf(held);
  } catch (error) {
    void held.job.stop();
    throw error;
  }
}
