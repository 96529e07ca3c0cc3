import { endedByLoss, type ClusterLeader } from '@cluster-leader/core';
import type { CatchUpOptions } from '@cluster-leader/ledger';
import { Logger } from '@nestjs/common';
import type { Gate } from '../gating/gate.ts';
import type { Handler } from '../handlers/handlers.ts';
import { isMethod } from '../handlers/method.ts';
import type { HeldJob, Tick } from '../schedule/held-cron-jobs.ts';
import type { ModuleLedger } from './module-ledger.ts';
import { observedFire } from './observed-fire.ts';
import { withPendingRun, type GatedMethod } from './pending-run.ts';
import { recordedHandlers, type RecordedHandler } from './recorded-handlers.ts';
import { RecordedJob, unsupported } from './recorded-job.ts';

const logger = new Logger('ClusterLeader');

/** Records the slots of an app's gated cron jobs in a ledger: those of handlers and, with `gate: 'all'`, all others. */
export class LedgerJobs {
  readonly #ledger: ModuleLedger;
  readonly #leader: ClusterLeader;
  readonly #gate: Gate;
  readonly #recorded = new Map<string, RecordedJob>();
  #handlers: ReadonlyMap<string, RecordedHandler> = new Map();

  constructor(ledger: ModuleLedger, leader: ClusterLeader, gate: Gate) {
    this.#ledger = ledger;
    this.#leader = leader;
    this.#gate = gate;
  }

  /** Takes note of the gated handlers of the app, by the names of their cron jobs; throws ERR_MISWIRED if one has none. */
  findHandlers(handlers: readonly Handler[]): void {
    this.#handlers = recordedHandlers(handlers);
  }

  /** Records a cron job that schedule has made for a handler; returns undefined if that is not gated. */
  recordHandler(held: HeldJob): Tick | undefined {
    const handler = this.#handlers.get(held.name);
    if (handler === undefined) return undefined;
    const { instance, key, catchUp } = handler;
    const recorded = this.#record(held, catchUp, () =>
      // By way of the gated method, so that the decorators around it see this run as well.
      withPendingRun(
        handler,
        async (task) => task(),
        () => callOf(instance, key),
      ),
    );
    return this.#tick(held, recorded, handler, held.fire);
  }

  /** Records a cron job that the app has registered itself. */
  recordDynamic(held: HeldJob): Tick {
    const { job, name } = held;
    const work = observedFire(job);
    if (work === undefined) throw unsupported(name);
    const recorded = this.#record(held, {}, async () => {
      try {
        await work();
      } catch (error) {
        if (job.errorHandler && !endedByLoss(error)) job.errorHandler(error);
        throw error;
      }
    });
    const call = { instance: job, key: 'fireOnTick' };
    const tick = this.#tick(held, recorded, call, () => this.#gate.run(work, { name, ...call }));
    return async (firedAt) => {
      try {
        await (firedAt === undefined ? this.#gate.run(held.fire, { name, ...call }) : tick(firedAt));
      } catch (error) {
        // Cron does not await the tick, and schedule never sees an error of the gate itself.
        if (!job.errorHandler || firedAt === undefined) logger.error(error);
        else job.errorHandler(error);
      }
    };
  }

  #record(held: HeldJob, options: CatchUpOptions, madeUp: () => unknown): RecordedJob {
    const { job, name, ticks } = held;
    if (ticks === undefined) throw unsupported(name);
    // A job of this name was deleted from the registry, which has no two of one name.
    void this.#recorded.get(name)?.close();
    const recorded = new RecordedJob({ ledger: this.#ledger, leader: this.#leader, name, job, options, madeUp });
    this.#recorded.set(name, recorded);
    return recorded;
  }

  /** Lets a tick run `call` for its slot. */
  #tick({ job, fire }: HeldJob, recorded: RecordedJob, method: GatedMethod, call: () => Promise<unknown>): Tick {
    return async (firedAt) => {
      if (firedAt === undefined) return fire();
      if (job.waitForCompletion && job.isCallbackRunning) return recorded.overlapped(firedAt);
      return withPendingRun(method, (...run) => recorded.run(firedAt, ...run), call);
    };
  }
}

function callOf(instance: object, key: string): unknown {
  const method: unknown = Reflect.get(instance, key);
  return isMethod(method) ? method.call(instance) : undefined;
}
