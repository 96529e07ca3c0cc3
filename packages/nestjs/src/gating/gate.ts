import type { ClusterLeader, NotLeadingReason } from '@cluster-leader/core';
import { RunTracker } from '@cluster-leader/core/adapter-kit';
import type { LedgerSkipReason } from '@cluster-leader/ledger';
import type { Handler } from '../handlers/handlers.ts';
import { copyThatGates, THIS_COPY } from '../handlers/marks.ts';
import { takePendingRun, type Begin, type GatedMethod } from '../ledger/pending-run.ts';
import { miswired } from '../miswired.ts';

/** A skipped run: the name of the method, and why it did not run. */
export interface Skip {
  readonly name: string;
  /** A reason of the ledger only in an app with the option `ledger`. */
  readonly reason: NotLeadingReason | LedgerSkipReason;
}

/** A gated run: which call it is, its name, and what to call instead if it is skipped. */
export interface GatedRun extends GatedMethod {
  readonly name: string;
  readonly onSkip?: ((skip: Skip) => unknown) | undefined;
}

const gates = new WeakMap<object, Gate>();

/** Returns the gate of the app to which an instance belongs, or undefined if no ClusterLeaderModule has found it. */
export function gateOf(instance: unknown): Gate | undefined {
  const isObject = typeof instance === 'function' || (typeof instance === 'object' && instance !== null);
  return isObject ? gates.get(instance) : undefined;
}

/** Runs the gated work of one app on the leader, until the app shuts down. */
export class Gate {
  /** The runs that a shutdown waits for. */
  readonly running: RunTracker = new RunTracker();
  readonly #leader: ClusterLeader;
  readonly #shutdown = new AbortController();

  constructor(leader: ClusterLeader) {
    this.#leader = leader;
  }

  /**
   * Makes this the gate of `instance`; throws ERR_MISWIRED if the instance belongs to another app that is still
   * running.
   */
  adopt(instance: object, name: string): void {
    const other = gates.get(instance);
    if (other !== undefined && other !== this && !other.#shutdown.signal.aborted) {
      const fix = 'Import ClusterLeaderModule once per app, and do not share an instance between two running apps.';
      throw miswired(`${name} is gated twice`, fix);
    }
    gates.set(instance, this);
  }

  /**
   * Makes this the gate of every method that a decorator gates; throws ERR_MISWIRED if another copy of this package
   * gates it.
   */
  adoptDecorated(handlers: readonly Handler[]): void {
    for (const { instance, key, name, isStatic } of handlers) {
      const copy = copyThatGates(instance, key);
      if (copy === undefined) continue;
      if (copy !== THIS_COPY) {
        const problem = `${name} is gated by another copy of @cluster-leader/nestjs than ClusterLeaderModule`;
        throw miswired(problem, 'Run `npm ls @cluster-leader/nestjs` to find both, and install a single version.');
      }
      if (isStatic) this.adopt(instance, name);
    }
  }

  /**
   * Runs `task` for its slot if the scheduler of a recorded job makes the call, and on the leader otherwise.
   *
   * Resolves as core's `gate()` does: with undefined if the task is skipped or is interrupted by the end of its own term.
   */
  async run(task: () => unknown, run: GatedRun): Promise<unknown> {
    const begin = takePendingRun(run) ?? this.#onLeader;
    return this.running.track(run.name, begin(task, run, this.#shutdown.signal));
  }

  /** Skips every later run as `closed`, and aborts the signals of running tasks. */
  shut(): void {
    this.#shutdown.abort();
  }
  readonly #onLeader: Begin = (task, { name, onSkip }, signal) => {
    const options = {
      name,
      signal,
      onSkip: onSkip && ((reason: NotLeadingReason): unknown => onSkip({ name, reason })),
    };
    return this.#leader.gate(task, options)();
  };
}
