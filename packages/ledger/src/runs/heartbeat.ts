import type { Instant } from '@cluster-leader/core';
import { inModuleContext, readClock } from '@cluster-leader/core/adapter-kit';
import type { Holder } from '../store/records.ts';
import type { StoreLink } from '../store/store-link.ts';
import { HeldSlots, silentMs, type HeldSlot } from './held-slots.ts';

interface HeartbeatOptions {
  readonly heartbeatMs: number;
  readonly expiryMs: number;
  /** Receives by how much this pod's clock is ahead of the store's, in milliseconds, if that is certain. */
  onSkew(skewMs: number): void;
}

/**
 * Tells the store that this process is alive while it holds slots, and ends the runs that others may have taken over.
 *
 * A claim counts as a beat, so that a job shorter than `heartbeatMs` costs none.
 */
export class Heartbeat {
  readonly held: HeldSlots = new HeldSlots(() => this.#start());
  readonly #link: StoreLink;
  readonly #holder: Holder;
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #lastBeatAt: Instant | undefined;

  constructor(link: StoreLink, holder: Holder, options: HeartbeatOptions) {
    this.#link = link;
    this.#holder = holder;
    this.#options = options;
  }

  /** Whether another pod may have taken the slot over, as far as this process can know. */
  hasLapsed(held: HeldSlot): boolean {
    return silentMs(held, this.#lastBeatAt, readClock()) >= this.#options.expiryMs;
  }

  /** Beats now, and resolves with the store's time. */
  async beat(): Promise<Date> {
    const askedAt = readClock();
    const previousAt = this.#lastBeatAt;
    this.#endLapsed();
    const { now, lapsed } = await this.#link.call((store) => store.beat(this.#holder, this.#options.expiryMs));
    const answeredAt = readClock();
    // What was claimed after the beat before this one has its claim as a beat.
    if (lapsed && previousAt !== undefined) {
      this.held.end('its heartbeat had lapsed', ({ since }) => since.monotonicMs <= previousAt.monotonicMs);
    }
    this.#lastBeatAt = askedAt;
    const certainMs = skewMs(now.getTime(), askedAt.wallMs, answeredAt.wallMs);
    this.#options.onSkew(certainMs);
    return now;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    inModuleContext(() => {
      this.#timer = setTimeout(() => void this.#tick(), this.#options.heartbeatMs).unref();
    });
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    if (this.held.size === 0) {
      this.#lastBeatAt = undefined; // silence from here on is not a lapse
      return;
    }
    this.#start();
    await this.beat().catch(() => this.#endLapsed());
  }

  #endLapsed(): void {
    this.held.end('its heartbeat has lapsed', (held) => this.hasLapsed(held));
  }
}

/** By how much the local clock is ahead of the store's; 0 as far as the time between question and answer can explain it. */
export function skewMs(storeMs: number, askedAtMs: number, answeredAtMs: number): number {
  if (storeMs < askedAtMs) return askedAtMs - storeMs;
  return storeMs > answeredAtMs ? answeredAtMs - storeMs : 0;
}
