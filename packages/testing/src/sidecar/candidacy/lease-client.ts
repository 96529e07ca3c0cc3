import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { isLease, type Lease } from '../../api-server/lease.ts';
import type { SidecarLife } from '../sidecar-life.ts';

/** A sidecar's client of the API server. It has no timeout, like most of the real programs. */
export class LeaseClient {
  readonly #url: string;
  readonly #life: SidecarLife;

  constructor(url: string, life: SidecarLife) {
    this.#url = url;
    this.#life = life;
  }

  /** Resolves with the lease as it is now. */
  async read(): Promise<Lease> {
    return required(await this.#send('GET', this.#url));
  }

  /** Resolves with the lease once it is newer than `version`. */
  async newerThan(version: number): Promise<Lease> {
    return required(await this.#send('GET', `${this.#url}?newer-than=${version}`));
  }

  /** Resolves with the lease as written, or undefined if `version` was no longer the newest. */
  async write(version: number, holder: string): Promise<Lease | undefined> {
    return this.#send('PUT', this.#url, JSON.stringify({ version, holder }));
  }

  async #send(method: string, url: string, body?: string): Promise<Lease | undefined> {
    try {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      // A connection for each request: a reused idle one could fail for reasons that have nothing to do with the election.
      const sent = request(url, { method, agent: false, signal: this.#life.signal }, resolve);
      sent.on('error', reject);
      sent.end(body);
      const response = await promise;
      const received = await json(response);
      return response.statusCode === 200 && isLease(received) ? received : undefined;
    } finally {
      await this.#life.awake();
    }
  }
}

function required(lease: Lease | undefined): Lease {
  if (lease === undefined) throw new Error('The response of the API server contains no lease.');
  return lease;
}
