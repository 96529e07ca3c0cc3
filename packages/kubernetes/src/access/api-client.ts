import { connectUnreferenced } from '@cluster-leader/core/adapter-kit';
// By its file: Bun replaces the bare name by an incomplete module of its own.
import { Pool, type Dispatcher } from 'undici/index.js';
import type { ResolvedAccess } from './api-access.ts';
import { closedError, connectionError, isCertificateError, tokenError } from './api-errors.ts';

/** A response of the API server. */
export interface ApiResponse {
  readonly status: number;
  readonly body: string;
  /** When it answered, by its own clock, to the second; NaN if the response has no date. */
  readonly dateMs: number;
}

/** A request that may change something. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** JSON. */
  readonly body?: string | undefined;
}

/** A response of which the body has not been read. */
type RawResponse = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** etcd stores nothing larger than 1.5 MiB. */
export const LARGEST_BODY: number = 2 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
/** Within this time a watch must begin to answer. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Four questions (core's lock rule 1) and the watch. */
const CONNECTIONS = 5;

/** Sends requests to the API server. Its connections never keep the process alive, and it follows no redirect. */
export class ApiClient {
  readonly #access: ResolvedAccess;
  #pool: Pool | undefined;
  #isClosed = false;

  constructor(access: ResolvedAccess) {
    this.#access = access;
  }

  /** Resolves with the response, whatever its status. Rejects with what to do, or with the reason of `signal`. */
  get(path: string, signal: AbortSignal): Promise<ApiResponse> {
    return this.request({ method: 'GET', path }, signal);
  }

  /** Like `get()`, for any method. A request is sent again only after a 401, which has changed nothing. */
  async request(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const { body, headers, statusCode } = await this.#open(request, signal, 0);
    try {
      return { status: statusCode, body: await limitedText(body), dateMs: Date.parse(String(headers['date'])) };
    } catch (cause) {
      throw signal.aborted ? signal.reason : connectionError(this.#access.server, cause);
    }
  }

  /** Resolves with the response while its body comes; the connection is given up if nothing comes for `quietMs`. */
  open(path: string, signal: AbortSignal, quietMs = 0): Promise<RawResponse> {
    return this.#open({ method: 'GET', path }, signal, quietMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.destroy();
  }

  async #open(request: ApiRequest, signal: AbortSignal, quietMs: number): Promise<RawResponse> {
    const token = await this.#token();
    const response = await this.#send(request, token, signal, quietMs);
    if (response.statusCode !== 401) return response;
    const next = await this.#token(); // it may have rotated since
    if (next === token) return response;
    await response.body.dump();
    return this.#send(request, next, signal, quietMs);
  }

  async #send(
    { body, method, path }: ApiRequest,
    token: string | undefined,
    signal: AbortSignal,
    quietMs: number,
  ): Promise<RawResponse> {
    const { server } = this.#access;
    if (this.#isClosed) throw closedError();
    try {
      return await this.#connections().request({
        path: `${server.pathname.replace(/\/$/, '')}${path}`,
        method,
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body ?? null,
        signal,
        headersTimeout: quietMs === 0 ? 0 : HEADERS_TIMEOUT_MS, // each question has a limit of its own
        bodyTimeout: quietMs,
      });
    } catch (cause) {
      if (isCertificateError(cause)) this.#forgetConnections();
      throw signal.aborted ? signal.reason : connectionError(server, cause);
    }
  }

  /** The next request reads the CA again, since it may have rotated. */
  #forgetConnections(): void {
    void this.#pool?.destroy();
    this.#pool = undefined;
  }

  async #token(): Promise<string | undefined> {
    try {
      return (await this.#access.token())?.trim();
    } catch (cause) {
      throw tokenError(cause);
    }
  }

  #connections(): Pool {
    this.#pool ??= new Pool(this.#access.server.origin, {
      connect: connectUnreferenced(CONNECT_TIMEOUT_MS, { ca: this.#access.ca() }),
      connections: CONNECTIONS,
    });
    return this.#pool;
  }
}

async function limitedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('it answered with more than 2 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
