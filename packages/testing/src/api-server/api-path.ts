import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { isLeaseWrite } from '../sidecar/candidacy/lease.ts';
import type { Lease } from '../sidecar/candidacy/lease.ts';
import type { LeaseStore } from './lease-store.ts';
import { LoopbackServer } from '../loopback-server.ts';

/** The ways to lose the API server. */
export const CUT_OFFS = ['refused', 'black-hole', 'read-only'] as const;

/**
 * How a candidate loses the API server: connections are refused; they are accepted and nothing is ever answered; or
 * reads are answered and writes are refused.
 */
export type CutOffKind = (typeof CUT_OFFS)[number];

/**
 * One candidate's path to the API server, over real HTTP.
 *
 * `GET /` reads the lease, `GET /?newer-than=7` waits for a newer one, and `PUT /` replaces the version it names or
 * answers 409, or 503 while read-only.
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

  async open(): Promise<void> {
    await this.#server.open();
  }

  async cutOff(kind: CutOffKind): Promise<void> {
    this.#isReadOnly = kind === 'read-only';
    if (kind === 'black-hole') this.#blackHole ??= Promise.withResolvers<void>();
    if (kind === 'refused') await this.#server.close();
    else await this.#server.open();
    if (kind !== 'black-hole') this.#endBlackHole();
  }

  /** Opens the path again. What is still waiting in the black hole arrives now. */
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
    // A dead sidecar's request goes nowhere.
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
