import type { Lease } from '../../api-server/lease.ts';
import type { Candidacy, CandidacyOptions } from './candidacy.ts';

/** A candidacy for a lease that never expires but ends with the holder's pod object, as in nais/elector. */
export class PodCandidacy implements Candidacy {
  readonly #options: CandidacyOptions;

  constructor(options: CandidacyOptions) {
    this.#options = options;
  }

  /** Follows the lease and takes it when it has no holder; rejects when the sidecar's life ends. */
  async run(): Promise<never> {
    const { api, claim, life, name, timing } = this.#options;
    // The real program answered `{}` for 0.1 s before it first read the lease.
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

  async #persist<T extends Lease | undefined>(send: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await send();
      } catch {
        this.#options.life.signal.throwIfAborted();
        await this.#options.life.sleep(this.#options.timing.retryPeriodMs);
      }
    }
  }
}
