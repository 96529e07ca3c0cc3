import { ClusterLeaderError, type Term } from '@cluster-leader/core';
import type { HeldSlot } from './held-slots.ts';
import type { Run } from './run.ts';

interface SlotRunOptions {
  readonly namespace: string;
  readonly held: HeldSlot;
  readonly attempt: number;
  readonly madeUp: boolean;
  /** Whether another pod may have taken the run over. */
  hasLapsed(): boolean;
}

/** The run as its task sees it. */
export class SlotRun implements Run {
  readonly job: string;
  readonly slot: Date;
  readonly attempt: number;
  readonly madeUp: boolean;
  readonly key: string;
  readonly #options: SlotRunOptions;
  readonly #term: Term;

  constructor(options: SlotRunOptions, term: Term) {
    const { namespace, held, attempt, madeUp } = options;
    this.job = held.job;
    this.slot = new Date(held.slot);
    this.attempt = attempt;
    this.madeUp = madeUp;
    this.key = runKey(namespace, held.job, held.slot);
    this.#options = options;
    this.#term = term;
  }

  get signal(): AbortSignal {
    return this.#term.signal;
  }

  assertClaimed(): void {
    const { held } = this.#options;
    if (this.#options.hasLapsed()) held.end('its heartbeat has lapsed');
    this.#term.signal.throwIfAborted();
    if (!held.signal.aborted) return;
    const message = `The run of ${this.job} has ended, and another pod may run it. Stop what it was doing.`;
    throw new ClusterLeaderError('ERR_NOT_LEADER', message, { cause: held.signal.reason });
  }
}

/** The text that identifies a slot in all stores and pods. The parts cannot run into each other, whatever they contain. */
function runKey(namespace: string, job: string, slot: Date): string {
  return `${encodeURIComponent(namespace)}/${encodeURIComponent(job)}/${slot.toISOString()}`;
}
