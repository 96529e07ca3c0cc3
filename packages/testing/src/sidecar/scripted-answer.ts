import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SidecarLife } from './sidecar-life.ts';

/** An HTTP answer that a candidate gives instead of its honest one. Members that are left out are as in the honest one. */
export interface ScriptedResponse {
  /** Default 200. */
  readonly status?: number | undefined;
  /** Laid over the honest headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** Fills the body with spaces up to this many bytes: JSON stays JSON, however oversize. */
  readonly padToBytes?: number | undefined;
  /** The time before the first byte of the headers. */
  readonly delayMs?: number | undefined;
  /** Sends the body byte by byte, with this time before each. */
  readonly dripMs?: number | undefined;
  /** Sends every byte of the body as a chunk of its own, with no content-length. */
  readonly chunked?: boolean | undefined;
}

/** Bytes that a candidate sends as they are, one byte for each character, before it ends the connection. */
export interface ScriptedBytes {
  readonly raw: string;
}

/**
 * What a candidate answers instead of the truth.
 *
 * - `hang`: nothing, the connection stays open.
 * - `hang-in-body`: the headers and the first half of the body, then nothing.
 * - `reset`: the connection is reset (RST) before the headers.
 * - `reset-in-body`: the headers and the first half of the body, then a reset.
 * - `garbage`: bytes that are not HTTP.
 * - `refuse`: nothing listens any more, while the sidecar goes on in its election.
 */
export type ScriptedAnswer = (typeof SCRIPT_WORDS)[number] | ScriptedResponse | ScriptedBytes;

/** The scripts that are a single word. */
export const SCRIPT_WORDS = ['hang', 'hang-in-body', 'reset', 'reset-in-body', 'garbage', 'refuse'] as const;

/** What the sidecar would answer by itself. */
export interface HonestAnswer {
  readonly contentType: string;
  readonly body: string;
}

const GARBAGE = 'SSH-2.0-OpenSSH_9.2\r\n\u0000\u00ff\u00fe not HTTP at all\r\n';

/** Gives `script` as the answer on `response`. */
export async function play(
  script: ScriptedAnswer,
  response: ServerResponse,
  honest: HonestAnswer,
  life: SidecarLife,
): Promise<void> {
  const socket = response.socket;
  switch (script) {
    case 'hang':
    case 'refuse':
      return;
    case 'reset':
      reset(socket);
      return;
    case 'garbage':
      socket?.end(GARBAGE, 'latin1');
      return;
    case 'hang-in-body':
      await writeHalf(response, honest);
      return;
    case 'reset-in-body':
      await writeHalf(response, honest);
      // A client that finds data and reset together may take the reset for an orderly end: libuv did on Node 22.
      await life.sleep(50);
      reset(socket);
      return;
    default:
      if ('raw' in script) socket?.end(script.raw, 'latin1');
      else await respond(script, response, honest, life);
  }
}

/** Sends a bare RST. By itself `resetAndDestroy()` sends a FIN before it, which a client may take for an orderly end. */
function reset(socket: Socket | null): void {
  if (socket === null) return;
  socket.destroySoon = () => socket.destroy();
  socket.resetAndDestroy();
}

/** Resolves once `bytes` are on their way, so that nothing joins them in their chunk. */
async function flush(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.write(bytes, () => resolve());
  await promise;
}

async function writeHalf(response: ServerResponse, honest: HonestAnswer): Promise<void> {
  const body = Buffer.from(honest.body);
  response.writeHead(200, { 'content-type': honest.contentType, 'content-length': body.length });
  await flush(response, body.subarray(0, Math.floor(body.length / 2)));
}

async function respond(
  script: ScriptedResponse,
  response: ServerResponse,
  honest: HonestAnswer,
  life: SidecarLife,
): Promise<void> {
  const text = Buffer.from(script.body ?? honest.body);
  const body = Buffer.concat([text, Buffer.alloc(Math.max(0, (script.padToBytes ?? 0) - text.length), ' ')]);
  if (script.delayMs !== undefined) await life.sleep(script.delayMs);
  response.statusCode = script.status ?? 200;
  response.setHeader('content-type', honest.contentType);
  if (script.chunked !== true) response.setHeader('content-length', body.length);
  for (const [name, value] of Object.entries(script.headers ?? {})) response.setHeader(name, value);
  if (script.chunked !== true && script.dripMs === undefined) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  for (let index = 0; index < body.length && !response.destroyed; index += 1) {
    if (script.dripMs !== undefined) await life.sleep(script.dripMs);
    await flush(response, body.subarray(index, index + 1));
  }
  response.end();
}
