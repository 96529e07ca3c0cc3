import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { LoopbackServer } from '../loopback-server.ts';
import { isLeaseWrite, type Lease } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

/** Every way to lose the API server. */
export const CUT_OFFS = ['refused', 'black-hole', 'read-only'] as const;

/**
 * How a candidate loses the API server.
 *
 * - `refused`: connections are refused.
 * - `black-hole`: connections are accepted, but no request gets a response.
 * - `read-only`: reads succeed and writes fail.
 */
export type CutOffKind = (typeof CUT_OFFS)[number];

/**
 * One candidate's path to the API server, over real HTTP.
 *
 * `GET /` reads the lease, `GET /?newer-than=7` waits for a newer version. `PUT /` writes a lease; the response is 409 if
 * that names an old version, and 503 while the path is read-only.
 */
export class ApiPath {
  readonly #store: LeaseStore;
  readonly #server: LoopbackServer;
  #blackHole: PromiseWithResolvers<void> | undefined;
  #isReadOnly = false;

  constructor(store: LeaseStore) {
    this.#store = store;
    this.#server = new LoopbackServer((request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/`;
  }

  /** Opens the path for the first time; `url` is known from then on. */
  async open(): Promise<void> {
    await this.#server.open();
  }

  /** Loses the API server until `heal()`. */
  async cutOff(kind: CutOffKind): Promise<void> {
    this.#isReadOnly = kind === 'read-only';
    if (kind === 'black-hole') this.#blackHole ??= Promise.withResolvers<void>();
    if (kind === 'refused') await this.#server.close();
    else await this.#server.open();
    if (kind !== 'black-hole') this.#endBlackHole();
  }

  /** Restores the path. Requests that still wait in the black hole are served now. */
  async heal(): Promise<void> {
    this.#isReadOnly = false;
    this.#endBlackHole();
    await this.#server.open();
  }

  async close(): Promise<void> {
    await this.cutOff('refused');
  }

  #endBlackHole(): void {
    this.#blackHole?.resolve();
    this.#blackHole = undefined;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const written: unknown = request.method === 'PUT' ? await json(request) : undefined;
    await this.#blackHole?.promise;
    // A request of a sidecar that was killed meanwhile must not change the lease.
    if (request.socket.destroyed) return;
    if (this.#isReadOnly && written !== undefined) {
      response.writeHead(503).end('{}');
      return;
    }
    const lease = isLeaseWrite(written)
      ? this.#store.write(written.version, written.holder)
      : await this.#read(request, response);
    await this.#blackHole?.promise;
    response.writeHead(lease === undefined ? 409 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(lease ?? {}));
  }

  async #read(request: IncomingMessage, response: ServerResponse): Promise<Lease> {
    const version = new URL(request.url ?? '/', this.url).searchParams.get('newer-than');
    if (version === null) return this.#store.lease;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    return this.#store.newerThan(Number(version), gone.signal);
  }
}
