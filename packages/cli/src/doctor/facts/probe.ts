import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { withLimit } from '@cluster-leader/core/adapter-kit';

/** The outcome of one request. */
export type Probe =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      readonly tookMs: number;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly tookMs: number };

/** The outcome of listening for pushed events; `event` is the first one. */
export type PushProbe =
  | { readonly kind: 'stream'; readonly event: string }
  | { readonly kind: 'answer'; readonly status: number; readonly contentType: string }
  | { readonly kind: 'failed'; readonly code: string };

const LIMIT_MS = 2_000;
const MAX_BODY_BYTES = 64 * 1_024;

/** Sends one request to `url`, or to `address` if its host resolves to several. Never rejects. */
export async function probe(url: URL, address?: string): Promise<Probe> {
  const startedAtMs = performance.now();
  const took = (): number => Math.round(performance.now() - startedAtMs);
  try {
    return await limited(async (signal) => {
      const response = await open(url, { accept: 'application/json' }, signal, address);
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of response) {
        if (!Buffer.isBuffer(chunk)) continue;
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_BODY_BYTES) throw Object.assign(new Error('too large'), { code: 'over 64 KiB' });
      }
      return { kind: 'answer', ...headOf(response), body: Buffer.concat(chunks).toString(), tookMs: took() };
    });
  } catch (error) {
    return { kind: 'failed', code: codeOf(error), tookMs: took() };
  }
}

/** Listens at `url` for the first event. Never rejects. */
export async function probePush(url: URL): Promise<PushProbe> {
  try {
    return await limited(async (signal) => {
      const response = await open(url, { accept: 'text/event-stream' }, signal);
      const { status, contentType } = headOf(response);
      if (status !== 200 || !contentType.startsWith('text/event-stream')) {
        response.destroy();
        return { kind: 'answer', status, contentType };
      }
      let text = '';
      for await (const chunk of response) {
        text += String(chunk);
        const [, event] = /^data: ?(.*)\r?\n/m.exec(text) ?? [];
        if (event !== undefined) return { kind: 'stream', event };
      }
      return { kind: 'failed', code: 'the stream ended without an event' };
    });
  } catch (error) {
    return { kind: 'failed', code: codeOf(error) };
  }
}

function open(
  url: URL,
  headers: RequestOptions['headers'],
  signal: AbortSignal,
  address?: string,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const lookup: RequestOptions['lookup'] = (_host, _options, callback) => {
    callback(null, [{ address: address ?? '', family: address?.includes(':') === true ? 6 : 4 }]);
  };
  request(url, { headers, agent: false, signal, ...(address !== undefined && { lookup }) }, resolve)
    .on('error', reject)
    .end();
  return promise;
}

/** Runs `work` for at most 2 s, and then closes its connection, whether it has finished or not. */
async function limited<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const working = work(end.signal);
  await withLimit(working, LIMIT_MS);
  end.abort();
  return working;
}

function headOf({ statusCode = 0, headers }: IncomingMessage): { status: number; contentType: string } {
  return { status: statusCode, contentType: headers['content-type'] ?? 'no content type' };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return `no response within ${LIMIT_MS / 1_000} s`;
  return 'code' in error ? String(error.code) : error.message;
}
