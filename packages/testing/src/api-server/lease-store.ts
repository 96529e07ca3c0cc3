import type { Changes } from '../changes.ts';
import type { Lease } from './lease.ts';

/** The lease of one election and the pod objects it depends on, as the API server and its database keep them. */
export class LeaseStore {
  readonly #changes: Changes;
  readonly #deletedPods = new Set<string>();
  readonly #collections = new Set<NodeJS.Timeout>();
  #lease: Lease = { version: 1, holder: '', transitions: 0 };

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** The newest version of the lease. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Writes `holder` and returns the lease; undefined if `version` is not the newest or the pod of the holder is gone. */
  write(version: number, holder: string): Lease | undefined {
    if (version !== this.#lease.version || this.#deletedPods.has(holder)) return undefined;
    this.#put(holder);
    return this.#lease;
  }

  /** Resolves with the lease once it is newer than `version`. */
  async newerThan(version: number, signal: AbortSignal): Promise<Lease> {
    await this.#changes.until(() => this.#lease.version > version, { signal });
    return this.#lease;
  }

  /** Deletes the pod object of `name`. If the pod holds the lease, the lease is released `collectedAfterMs` later. */
  deletePod(name: string, collectedAfterMs: number): void {
    this.#deletedPods.add(name);
    const { holder, transitions } = this.#lease;
    if (holder !== name) return;
    const collection = setTimeout(() => {
      this.#collections.delete(collection);
      if (this.#lease.transitions === transitions) this.#put('');
    }, collectedAfterMs);
    this.#collections.add(collection);
  }

  /** Creates the pod object of `name`, unless it exists. */
  createPod(name: string): void {
    this.#deletedPods.delete(name);
  }

  /** Clears the timers of deleted pods. */
  close(): void {
    for (const collection of this.#collections) clearTimeout(collection);
    this.#collections.clear();
  }

  #put(holder: string): void {
    const { version, holder: before, transitions } = this.#lease;
    this.#lease = { version: version + 1, holder, transitions: transitions + (holder === before ? 0 : 1) };
    this.#changes.notify();
  }
}
