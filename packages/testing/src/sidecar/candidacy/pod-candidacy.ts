import { timeText } from '../../lock/next-content.ts';
import type { Candidacy, CandidacyOptions } from './candidacy.ts';
import type { HeldLock } from './lock-client.ts';

/** A candidacy for a lock that is never renewed but ends with the holder's pod object, as in nais/elector. */
export class PodCandidacy implements Candidacy {
  readonly #options: CandidacyOptions;

  constructor(options: CandidacyOptions) {
    this.#options = options;
  }

  /** Follows the lock and creates it when it is gone; rejects when the sidecar's life ends. */
  async run(): Promise<never> {
    const { api, claim, life, timing } = this.#options;
    // The real program answered `{}` for 0.1 s before it first read the lock.
    await life.sleep(timing.leaseDurationMs / 100);
    for (;;) {
      try {
        const lock = (await api.read()) ?? (await this.#create());
        if (lock !== undefined) claim(lock.content.holder);
        await api.changed(lock);
      } catch {
        life.signal.throwIfAborted();
        await life.sleep(timing.retryPeriodMs);
      }
    }
  }

  /** Creates the lock as property of this pod, so that it is deleted with the pod; does nothing if the pod is gone. */
  async #create(): Promise<HeldLock | undefined> {
    const { api, name, timing, traits } = this.#options;
    const owner = await api.pod(name);
    if (owner === undefined) return undefined;
    const acquireTime = timeText(new Date(), timing, traits.lock);
    return api.create({ holder: name, acquireTime }, owner);
  }
}
