import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** All that one request brought back, as bytes on the wire. */
export interface RawExchange {
  /** One character for each byte. */
  readonly text: string;
  readonly endedBy: 'end' | 'reset' | 'refused' | 'silence';
  readonly tookMs: number;
}

/** Asks `url` by plain bytes and reads until the connection ends, or says nothing for `silenceMs`. */
export async function exchange(url: string, silenceMs = 5_000): Promise<RawExchange> {
  const startedAtMs = performance.now();
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n\r\n`);
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  const endedBy = await ending(socket, silenceMs);
  socket.destroy();
  return { text, endedBy, tookMs: performance.now() - startedAtMs };
}

async function ending(socket: Socket, silenceMs: number): Promise<RawExchange['endedBy']> {
  const { promise, resolve, reject } = Promise.withResolvers<RawExchange['endedBy']>();
  socket.on('end', () => resolve('end'));
  socket.setTimeout(silenceMs, () => resolve('silence'));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET') resolve('reset');
    else if (error.code === 'ECONNREFUSED') resolve('refused');
    else reject(error);
  });
  return promise;
}

/** What an honest answer says: the body, parsed. */
export async function ask(url: string): Promise<unknown> {
  const { text } = await exchange(url);
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
}

/** A connection that is only there to see it end. */
export async function watchConnection(url: string): Promise<{ readonly ended: Promise<unknown> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A reset is an end like any other.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { ended: once(socket.resume(), 'close') };
}
