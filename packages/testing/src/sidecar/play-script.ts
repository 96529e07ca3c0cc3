import type { ServerResponse } from 'node:http';
import { resetConnection } from '../reset-connection.ts';
import type { ScriptedAnswer, ScriptedResponse } from './scripted-answer.ts';
import type { SidecarLife } from './sidecar-life.ts';

/** The answer that the sidecar would give by itself. */
export interface HonestAnswer {
  readonly contentType: string;
  readonly body: string;
}

const GARBAGE = 'SSH-2.0-OpenSSH_9.2\r\n\u0000\u00ff\u00fe not HTTP at all\r\n';

/** Answers with `script` on `response`. Rejects if the sidecar's life ends meanwhile. */
export async function playScript(
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
      if (socket !== null) resetConnection(socket);
      return;
    case 'garbage':
      socket?.end(GARBAGE, 'latin1');
      return;
    case 'hang-in-body':
      await writeHalf(response, honest);
      return;
    case 'reset-in-body':
      await writeHalf(response, honest);
      // A client that receives data and a reset together may take the reset for an orderly end: libuv did on Node 22.
      await life.sleep(50);
      if (socket !== null) resetConnection(socket);
      return;
    default:
      if ('raw' in script) socket?.end(script.raw, 'latin1');
      else await respond(script, response, honest, life);
  }
}

/** Resolves once `bytes` have been sent, so that they share a chunk with nothing else. */
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
