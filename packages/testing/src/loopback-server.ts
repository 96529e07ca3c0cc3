import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { resetConnection } from './reset-connection.ts';

/** An HTTP server on 127.0.0.1 that can close at once, with all its connections, and open again on the same port. */
export class LoopbackServer {
  readonly #onRequest: RequestListener;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;
  #resets = false;

  /** With port 0, the first `open()` chooses a free port. */
  constructor(onRequest: RequestListener, port = 0) {
    this.#onRequest = onRequest;
    this.#port = port;
  }

  /** The port; 0 until one is chosen. */
  get port(): number {
    return this.#port;
  }

  /** Starts listening, unless it does; rejects if the port is taken. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    // Go's HTTP server, which the real sidecars use, has none of these timeouts by default.
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, this.#onRequest);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      if (this.#resets) resetConnection(socket);
    });
    this.#server = server;
    try {
      this.#port = await (this.#port === 0 ? listenOnFreePort(server) : listen(server, this.#port));
    } catch (error) {
      this.#server = undefined;
      throw error;
    }
  }

  /** Whether every connection is reset, those that are open at once and new ones as soon as they are accepted. */
  set resets(resets: boolean) {
    this.#resets = resets;
    if (resets) for (const socket of this.#sockets) resetConnection(socket);
  }

  /** Stops listening and destroys all connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/**
 * Listens on a free port below those that the system gives to clients.
 *
 * A server that closes for a while could lose a port from that range to any outgoing connection of the machine.
 */
async function listenOnFreePort(server: Server): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      return await listen(server, 10_000 + Math.floor(Math.random() * 20_000));
    } catch {
      // Taken, most likely.
    }
  }
  return listen(server, 0);
}
