import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { isLease } from './lease.ts';
import type { Lease } from './lease.ts';
import type { SidecarLife } from '../sidecar-life.ts';

/** A sidecar's client of the API server. It has no timeout, like most of the real programs. */
export class LeaseClient {
  readonly #url: string;
  readonly #life: SidecarLife;

  constructor(url: string, life: SidecarLife) {
    this.#url = url;
    this.#life = life;
  }

  async read(): Promise<Lease> {
    return required(await this.#ask('GET', this.#url));
  }

  /** The lease, once it is newer than `version`. */
  async newerThan(version: number): Promise<Lease> {
    return required(await this.#ask('GET', `${this.#url}?newer-than=${version}`));
  }

  /** The lease as written, or undefined if `version` was no longer the newest. */
  async write(version: number, holder: string): Promise<Lease | undefined> {
    return this.#ask('PUT', this.#url, JSON.stringify({ version, holder }));
  }

  async #ask(method: string, url: string, body?: string): Promise<Lease | undefined> {
    try {
      // A connection for each request: an idle one would be cut in ways that have nothing to do with the election.
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const asked = request(url, { method, agent: false, signal: this.#life.signal }, resolve);
      asked.on('error', reject);
      asked.end(body);
      const response = await promise;
      const answer = await json(response);
      return response.statusCode === 200 && isLease(answer) ? answer : undefined;
    } finally {
      await this.#life.awake();
    }
  }
}

function required(lease: Lease | undefined): Lease {
  if (lease === undefined) throw new Error('the API server answered without a lease');
  return lease;
}
