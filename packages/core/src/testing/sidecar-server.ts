import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { onTestFinished } from 'vitest';

export type Handler = (response: ServerResponse, request: IncomingMessage) => void;

/** A real HTTP server on loopback that answers as the test says; it goes when the test is over. */
export class SidecarServer extends EventEmitter<{ asked: [IncomingMessage] }> {
  /** What it does with the next request; may be changed at any time. */
  handler: Handler;
  requests = 0;
  readonly server: Server;

  constructor(handler: Handler, tls?: ServerOptions) {
    super();
    this.handler = handler;
    const listener: RequestListener = (request, response) => {
      this.requests += 1;
      this.handler(response, request);
      this.emit('asked', request);
    };
    this.server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('does not listen');
    return address.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async listen(host = '127.0.0.1', port = 0): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

export async function startSidecar(handler: Handler, { host = '127.0.0.1', tls }: StartOptions = {}): Promise<SidecarServer> {
  const sidecar = new SidecarServer(handler, tls);
  await sidecar.listen(host);
  onTestFinished(() => sidecar.stop());
  return sidecar;
}

export interface StartOptions {
  readonly host?: string;
  readonly tls?: ServerOptions;
}

/** Answers with 200 and a body as it is given. */
export function body(text: string, contentType = 'application/json'): Handler {
  return (response) => void response.writeHead(200, { 'content-type': contentType }).end(text);
}

/** Answers with 200 and the JSON of `value`. */
export function json(value: unknown): Handler {
  return body(JSON.stringify(value));
}

/** A port of loopback on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('does not listen');
  return address.port;
}
