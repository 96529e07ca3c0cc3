import type { CandidacyOptions } from './lease-candidacy.ts';
import type { Lease } from './lease.ts';

/** A candidacy for a lease that belongs to the holder's pod object and ends with it, as in nais/elector. */
export class PodCandidacy {
  readonly #options: CandidacyOptions;

  constructor(options: CandidacyOptions) {
    this.#options = options;
  }

  /** Follows the lease and takes it if nobody holds it; rejects once the sidecar's life ends. */
  async run(): Promise<never> {
    const { api, claim, life, name, timing } = this.#options;
    // The real program was seen to answer `{}` for 0.1 s before its first look.
    await life.sleep(timing.leaseDurationMs / 100);
    let lease = await this.#persist(() => api.read());
    for (;;) {
      const { version } = lease;
      if (lease.holder === '') lease = (await this.#persist(() => api.write(version, name))) ?? lease;
      if (lease.holder !== '') claim(lease.holder);
      const known = lease.version;
      lease = await this.#persist(() => api.newerThan(known));
    }
  }

  async #persist<T extends Lease | undefined>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch {
        this.#options.life.signal.throwIfAborted();
        await this.#options.life.sleep(this.#options.timing.retryPeriodMs);
      }
    }
  }
}
