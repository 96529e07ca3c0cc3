import type { ServerResponse } from 'node:http';
import type { ApiAnswer } from './api-request.ts';
import type { ObjectStore } from './object-store.ts';
import { passed, type Passage } from './passage.ts';
import { startWatch, type WatchRequest } from './watch-request.ts';

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' } as const;

/** Sends a whole body. */
export async function sendBody(
  { body, code }: Extract<ApiAnswer, { readonly body: unknown }>,
  response: ServerResponse,
  passage: Passage,
): Promise<void> {
  await passed(passage, response, passage.slowMs());
  const text = `${JSON.stringify(body)}\n`;
  const retry = code === 504 ? { 'retry-after': '1' } : {};
  response.writeHead(code, { ...HEADERS, ...retry, 'content-length': Buffer.byteLength(text) }).end(text);
}

/** Sends a line for each event until the watch ends or the client has gone. */
export function sendWatch(store: ObjectStore, watch: WatchRequest, response: ServerResponse, passage: Passage): void {
  let sent: Promise<void> = Promise.resolve();
  const sendAfter = async (before: Promise<void>, write: () => void, dueAtMs: number): Promise<void> => {
    await before;
    await passed(passage, response, dueAtMs - performance.now());
    if (!response.destroyed) write();
  };
  const send = (write: () => void): void => {
    sent = sendAfter(sent, write, performance.now() + passage.slowMs());
  };
  const end = (): void => send(() => response.end());
  send(() => response.writeHead(200, HEADERS).flushHeaders());
  const stop = startWatch(store, watch, (event) => send(() => response.write(`${JSON.stringify(event)}\n`)));
  if (stop === undefined) {
    end();
    return;
  }
  const timer = watch.timeoutMs === undefined ? undefined : setTimeout(end, watch.timeoutMs);
  response.on('close', () => {
    stop();
    clearTimeout(timer);
  });
}
