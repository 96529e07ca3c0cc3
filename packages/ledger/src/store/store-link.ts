import { ClusterLeaderError } from '@cluster-leader/core';
import { inModuleContext, startLimit } from '@cluster-leader/core/adapter-kit';
import type { RunStore } from './run-store.ts';

/** What a store link reports to. */
interface StoreHealth {
  /** The store has stopped answering. */
  down(error: unknown): void;
  /** It answers again. */
  up(): void;
  /** It has refused a call, which no retry mends. */
  refused(error: ClusterLeaderError): void;
}

/** The one way to the store: prepares it before the first call, limits each call, and knows whether the store answers. */
export class StoreLink {
  readonly #store: RunStore;
  readonly #limitMs: number;
  readonly #health: StoreHealth;
  #prepared: Promise<void> | undefined;
  #isDown = false;
  #isClosed = false;

  constructor(store: RunStore, limitMs: number, health: StoreHealth) {
    this.#store = store;
    this.#limitMs = limitMs;
    this.#health = health;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Begins to create what the store lacks, so that the first run need not wait for it. */
  prepare(): void {
    this.#migrate().catch((error: unknown) => this.#report(error));
  }

  /** Calls the store, and rejects if it does not answer in time: then the call may still take effect. */
  async call<T>(verb: (store: RunStore) => Promise<T>): Promise<T> {
    let isGivenUp = false;
    const work = inModuleContext(async () => {
      await this.#migrate();
      if (isGivenUp) throw new Error('The store was prepared too late for this call, which was not made.');
      return verb(this.#store);
    });
    try {
      const value = await this.#limit(work);
      if (this.#isDown) {
        this.#isDown = false;
        this.#health.up();
      }
      return value;
    } catch (error) {
      isGivenUp = true;
      this.#report(error);
      throw error;
    }
  }

  /** What is still under way fails from here on, which says nothing of the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#store.close();
  }

  /** The limit is for the store's own silence: an answer that arrived while this process was busy is read first. */
  #limit<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const expire = (): void => reject(new Error(`no answer within ${this.#limitMs} ms`));
      const stop = startLimit(this.#limitMs, expire, { keepsAlive: true });
      work.then(resolve, reject).finally(stop);
    });
  }

  #report(error: unknown): void {
    if (this.#isClosed) return;
    if (error instanceof ClusterLeaderError) return this.#health.refused(error);
    if (this.#isDown) return;
    this.#isDown = true;
    this.#health.down(error);
  }

  async #migrate(): Promise<void> {
    this.#prepared ??= inModuleContext(() => this.#store.migrate());
    const preparing = this.#prepared;
    try {
      await preparing;
    } catch (error) {
      if (this.#prepared === preparing) this.#prepared = undefined;
      throw error;
    }
  }
}
