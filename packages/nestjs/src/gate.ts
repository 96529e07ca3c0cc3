import { ClusterLeaderError, type ClusterLeader, type NotLeadingReason } from '@cluster-leader/core';
import { RunTracker } from '@cluster-leader/core/adapter-kit';

/** A run that did not happen: of what, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: NotLeadingReason;
}

/** What a gated method is called, and what is called in its place if it is skipped. */
export interface GatedRun {
  readonly name: string;
  readonly onSkip?: ((skip: Skip) => unknown) | undefined;
}

const gates = new WeakMap<object, Gate>();

/** The gate of the app to which an instance belongs; undefined if no module of ours has seen it. */
export function gateOf(instance: unknown): Gate | undefined {
  const isObject = typeof instance === 'function' || (typeof instance === 'object' && instance !== null);
  return isObject ? gates.get(instance) : undefined;
}

/** Runs the gated work of one app on the leader, until the app shuts down. */
export class Gate {
  readonly running: RunTracker = new RunTracker();
  readonly #leader: ClusterLeader;
  readonly #ending = new AbortController();

  constructor(leader: ClusterLeader) {
    this.#leader = leader;
  }

  /** Makes this the gate of `instance`; throws if that belongs to another app that is still up. */
  adopt(instance: object, name: string): void {
    const other = gates.get(instance);
    if (other !== undefined && other !== this && !other.#ending.signal.aborted) {
      const next = 'Import ClusterLeaderModule once in an app, and share no instance between two apps.';
      throw new ClusterLeaderError('ERR_MISWIRED', `${name} is gated twice. ${next}`);
    }
    gates.set(instance, this);
  }

  /** Resolves with undefined, as core's `gate()` does, if the task is skipped or ends by the loss of its own term. */
  async run(task: () => unknown, { name, onSkip }: GatedRun): Promise<unknown> {
    const { signal } = this.#ending;
    const skipped = onSkip && ((reason: NotLeadingReason): unknown => onSkip({ name, reason }));
    return this.running.track(name, this.#leader.gate(task, { name, signal, onSkip: skipped })());
  }

  /** Lets nothing run any more, and aborts the signals of what runs. */
  shut(): void {
    this.#ending.abort();
  }
}
