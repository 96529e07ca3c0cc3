import { ClusterLeaderError, type Instant } from '@cluster-leader/core';
import { ageMs, readClock } from '@cluster-leader/core/adapter-kit';
import type { Slot } from '../store/records.ts';

/** A slot that this process has, or may have, in the store. */
export class HeldSlot implements Slot {
  readonly job: string;
  readonly slot: Date;
  readonly since: Instant = readClock();
  /** Whether the task is under way. */
  isRunning = false;
  readonly #ending = new AbortController();
  readonly #free: () => void;

  constructor({ job, slot }: Slot, free: () => void) {
    this.job = job;
    this.slot = slot;
    this.#free = free;
  }

  /** Aborts when the run has to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends the run, if it has begun, or keeps it from beginning. */
  end(reason: string): void {
    if (this.signal.aborted) return;
    const message = `The run of ${this.job} has ended (${reason}). Stop what it was doing: another pod may run it.`;
    this.#ending.abort(new ClusterLeaderError('ERR_NOT_LEADER', message));
  }

  /** The store knows how the run ended, or that it has not begun: the slot is not this process's any more. */
  free(): void {
    this.#free();
  }
}

/**
 * The slots that this process holds: being claimed, running, or with an outcome that the store does not know yet.
 *
 * The store answers a repeated claim of the same process with "claimed", so that no slot may be claimed while it is here.
 */
export class HeldSlots {
  readonly #held = new Map<string, HeldSlot>();
  readonly #onFirst: () => void;
  #waiting: (() => void)[] = [];

  /** `onFirst` is called whenever a slot is held while none was. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  get size(): number {
    return this.#held.size;
  }

  has(slot: Slot): boolean {
    return this.#held.has(keyOf(slot));
  }

  /** Holds a slot until `free()`. It must not be held already. */
  hold(slot: Slot): HeldSlot {
    const key = keyOf(slot);
    const held = new HeldSlot(slot, () => {
      if (this.#held.get(key) === held) this.#held.delete(key);
      this.#settle();
    });
    this.#held.set(key, held);
    if (this.#held.size === 1) this.#onFirst();
    return held;
  }

  /** Resolves once the store knows about all slots whose task is not under way: nothing is being claimed, released or recorded. */
  whenSettled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#settle();
    });
  }

  /** Ends those of which `matches` is true. */
  end(reason: string, matches: (held: HeldSlot) => boolean): void {
    for (const held of this.#held.values()) if (matches(held)) held.end(reason);
  }

  #settle(): void {
    if (this.#waiting.length === 0 || Array.from(this.#held.values()).some(({ isRunning }) => !isRunning)) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** How long ago a held slot was last known to be alive in the store, in milliseconds: by its claim, or by a later beat. */
export function silentMs(held: HeldSlot, lastBeatAt: Instant | undefined, now: Instant): number {
  const sinceClaim = ageMs(held.since, now);
  return lastBeatAt === undefined ? sinceClaim : Math.min(sinceClaim, ageMs(lastBeatAt, now));
}

function keyOf({ job, slot }: Slot): string {
  return `${slot.getTime()} ${job}`;
}
