import { inModuleContext, pause } from '@cluster-leader/core/adapter-kit';
import type { Holder, Slot } from '../store/records.ts';
import { retryPauseMs } from '../store/retry.ts';
import { LATEST_EFFECT_MS } from '../store/run-store.ts';
import type { StoreLink } from '../store/store-link.ts';

/**
 * Takes back claims that must not stand: those that were given up before the store answered, and those of runs that did not
 * begin.
 *
 * A call that was given up may still take effect for {@link LATEST_EFFECT_MS}. The claim is released after that, and the
 * slot stays held meanwhile, so that no late release can delete a later claim.
 */
export class DoubtfulSlots {
  readonly #link: StoreLink;
  readonly #holder: Holder;
  readonly #stopping = new AbortController();

  constructor(link: StoreLink, holder: Holder) {
    this.#link = link;
    this.#holder = holder;
  }

  /** Releases claims that the store has confirmed. Resolves once they are known to be gone, or after `stop()`. */
  async release(slots: readonly Slot[]): Promise<void> {
    for (let failures = 1; !this.#stopping.signal.aborted; failures += 1) {
      try {
        await this.#link.call((store) => store.release(this.#holder, slots));
        return;
      } catch {
        await this.#pause(Math.max(LATEST_EFFECT_MS, retryPauseMs(failures)));
      }
    }
  }

  /** Releases claims that were just given up without an answer. */
  async resolve(slots: readonly Slot[]): Promise<void> {
    await this.#pause(LATEST_EFFECT_MS);
    await this.release(slots);
  }

  /** Waits and retries no more. */
  stop(): void {
    this.#stopping.abort();
  }

  async #pause(ms: number): Promise<void> {
    await inModuleContext(() => pause(ms, this.#stopping.signal));
  }
}
