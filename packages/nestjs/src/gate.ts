import { ClusterLeaderError, type ClusterLeader, type NotLeadingReason } from '@cluster-leader/core';
import type { LoggerService } from '@nestjs/common';

/** A run that did not happen: of what, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: NotLeadingReason;
}

/** What a gated method is called, and what is called instead of it where it is skipped. */
export interface GatedRun {
  readonly name: string;
  readonly onSkip?: ((skip: Skip) => unknown) | undefined;
}

const gates = new WeakMap<object, Gate>();

/** The gate of the app to which an instance belongs; undefined where no module of ours has seen it. */
export function gateOf(instance: unknown): Gate | undefined {
  const isObject = typeof instance === 'function' || (typeof instance === 'object' && instance !== null);
  return isObject ? gates.get(instance) : undefined;
}

/** Runs the gated work of one app on the leader, and knows what is running when the app shuts down. */
export class Gate {
  readonly #leader: ClusterLeader;
  readonly #ending = new AbortController();
  readonly #running = new Map<Promise<unknown>, string>();

  constructor(leader: ClusterLeader) {
    this.#leader = leader;
  }

  /** Makes this the gate of `instance`; throws where that belongs to another app that is up. */
  adopt(instance: object, name: string): void {
    const other = gates.get(instance);
    if (other !== undefined && other !== this && !other.#ending.signal.aborted) {
      const next = 'Import ClusterLeaderModule once in an app, and share no instance between two apps.';
      throw new ClusterLeaderError('ERR_MISWIRED', `${name} is gated twice. ${next}`);
    }
    gates.set(instance, this);
  }

  async run(task: () => unknown, { name, onSkip }: GatedRun): Promise<unknown> {
    const { signal } = this.#ending;
    const result = await this.await(this.#leader.runIfLeader(task, { name, signal }), name);
    return result.ran ? result.value : onSkip?.({ name, reason: result.reason });
  }

  /**
   * Runs what goes on after `fire` has returned, as a cron job's callbacks do.
   *
   * Its term is the leader's own, since one of its own would be over as soon as `fire` returns.
   */
  async fire(fire: () => unknown, name: string): Promise<void> {
    const { signal } = this.#ending;
    const task = (): unknown => (signal.aborted ? undefined : fire());
    await this.await(this.#leader.runIfLeader(task, signal.aborted ? { name, signal } : { name }), name);
  }

  /** Lets a shutdown wait for `work`. */
  async await<T>(work: Promise<T>, name: string): Promise<T> {
    this.#running.set(work, name);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Lets nothing run any more, and aborts the signals of what runs. */
  shut(): void {
    this.#ending.abort();
  }

  /** Resolves when nothing runs any more, or after `limitMs` with a warning that names what does. */
  async drain(limitMs: number, logger: LoggerService): Promise<void> {
    const { promise: expired, resolve } = Promise.withResolvers<'expired'>();
    const timer = setTimeout(resolve, limitMs, 'expired');
    const winner = await Promise.race([expired, Promise.allSettled(this.#running.keys())]);
    clearTimeout(timer);
    if (winner !== 'expired' || this.#running.size === 0) return;
    const names = [...new Set(this.#running.values())].join(', ');
    logger.warn(`Shutting down although after ${limitMs} ms these still run: ${names}. Let them end on term.signal.`);
  }
}
