import { startLimit } from '../runtime/limit.ts';
import type { Timing } from '../settings/timing.ts';
import type { DatedAnswer, ElectorClient } from './elector-client.ts';
import { ElectorError } from './elector-error.ts';

/** Bounds a client that somebody else wrote: one that never settles must not stop the watch. */
export class BoundedClient implements ElectorClient {
  readonly #client: ElectorClient;
  readonly #limitMs: number;

  constructor(client: ElectorClient, { checkTimeoutMs }: Timing) {
    this.#client = client;
    this.#limitMs = checkTimeoutMs;
  }

  get isBroken(): boolean {
    return this.#client.isBroken;
  }

  async ask(signal: AbortSignal, keepsAlive = false): Promise<DatedAnswer> {
    const { promise, reject } = Promise.withResolvers<never>();
    const expire = (): void => reject(new ElectorError('unreachable', `did not answer within ${this.#limitMs} ms`));
    const stop = startLimit(this.#limitMs, expire, { withinMs: this.#limitMs, keepsAlive });
    try {
      return await Promise.race([this.#client.ask(signal, keepsAlive), promise]);
    } finally {
      stop();
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
