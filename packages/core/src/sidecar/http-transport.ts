import { brotliDecompressSync, unzipSync } from 'node:zlib';
// By its file: Bun replaces the bare name by an incomplete module of its own.
import { errors, Pool } from 'undici/index.js';
import { ElectorError } from './elector-error.ts';
import { DEFAULT_URL } from '../settings/endpoint.ts';
import { connectUnreferenced } from './sockets.ts';
import type { Timing } from '../settings/timing.ts';

/** A response, before it is judged. */
export interface TransportResponse {
  readonly status: number;
  readonly body: string;
}

/** Sends one request to the sidecar. It rejects with an {@link ElectorError} for an invalid response; any other error counts as unreachable. */
export interface Transport {
  request(signal: AbortSignal): Promise<TransportResponse>;
  close(): Promise<void>;
}

/** A well-formed answer has under 1 KiB. */
const LARGEST_BODY = 64 * 1024;

/** Sends requests over undici's connections, which never keep the process alive. */
export class HttpTransport implements Transport {
  readonly #path: string;
  readonly #pool: Pool;

  constructor(url: URL, { requestTimeoutMs, pollIntervalMs }: Timing) {
    this.#path = url.pathname + url.search;
    // A sidecar may listen on ::1 only, and only a name resolves to both addresses.
    const origin = url.href === DEFAULT_URL ? `http://localhost:${url.port}` : url.origin;
    this.#pool = new Pool(origin, {
      connect: connectUnreferenced(requestTimeoutMs),
      connections: 2, // a single one would block behind a request that hangs
      keepAliveTimeout: Math.max(60_000, 2 * pollIntervalMs),
      headersTimeout: 0, // undici's are too coarse: each attempt has a limit of its own
      bodyTimeout: 0,
      maxResponseSize: LARGEST_BODY,
    });
  }

  async request(signal: AbortSignal): Promise<TransportResponse> {
    try {
      const response = await this.#pool.request({
        path: this.#path,
        method: 'GET',
        headers: { accept: 'application/json' },
        signal,
      });
      const encoding = response.headers['content-encoding'];
      const body =
        encoding === undefined
          ? await response.body.text()
          : decode(Buffer.from(await response.body.arrayBuffer()), String(encoding));
      return { status: response.statusCode, body };
    } catch (cause) {
      if (cause instanceof errors.ResponseExceededMaxSizeError) {
        throw new ElectorError('invalid-answer', 'answered with over 64 KiB', { cause });
      }
      if (cause instanceof errors.HTTPParserError) {
        throw new ElectorError('invalid-answer', 'answered with something that is not HTTP', { cause });
      }
      throw cause;
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Decodes a body that a proxy has compressed without being asked to. */
function decode(body: Buffer, encoding: string): string {
  const options = { maxOutputLength: LARGEST_BODY };
  try {
    if (/^(x-)?gzip$|^deflate$/i.test(encoding)) return unzipSync(body, options).toString();
    if (/^br$/i.test(encoding)) return brotliDecompressSync(body, options).toString();
  } catch (cause) {
    throw new ElectorError('invalid-answer', `answered with something that is not ${encoding}, or is over 64 KiB`, {
      cause,
    });
  }
  if (/^identity$/i.test(encoding)) return body.toString();
  throw new ElectorError('invalid-answer', `answered with the content-encoding ${encoding}, which is not supported`);
}
