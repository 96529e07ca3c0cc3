import type { Changes } from '../changes.ts';
import type { Lease } from '../sidecar/candidacy/lease.ts';

/** Keeps the lease of one election: what the API server and its database do in a cluster. */
export class LeaseStore {
  readonly #changes: Changes;
  readonly #deletedPods = new Set<string>();
  readonly #collections = new Set<NodeJS.Timeout>();
  #lease: Lease = { version: 1, holder: '', transitions: 0 };

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** The lease with `holder` in it, or undefined if `version` is not the newest or the pod of the holder is gone. */
  write(version: number, holder: string): Lease | undefined {
    if (version !== this.#lease.version || this.#deletedPods.has(holder)) return undefined;
    this.#put(holder);
    return this.#lease;
  }

  /** The lease, once it is newer than `version`. */
  async newerThan(version: number, signal: AbortSignal): Promise<Lease> {
    await this.#changes.until(() => this.#lease.version > version, { signal });
    return this.#lease;
  }

  /** Deletes the pod object of `name`; a lease that it holds is collected `collectedAfterMs` later. */
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

  /** There is a pod called `name` again. */
  createPod(name: string): void {
    this.#deletedPods.delete(name);
  }

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
