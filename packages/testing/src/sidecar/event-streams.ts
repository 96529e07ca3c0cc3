import type { ServerResponse } from 'node:http';

/** The event streams that clients of one sidecar have open. */
export class EventStreams {
  readonly #responses = new Set<ServerResponse>();
  readonly #onChange: (open: number) => void;

  /** `onChange` receives the number of open streams whenever it changes. */
  constructor(onChange: (open: number) => void) {
    this.#onChange = onChange;
  }

  /** Makes `response` a stream that begins with `data`. */
  open(response: ServerResponse, data: string): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    this.#responses.add(response);
    response.on('close', () => {
      this.#responses.delete(response);
      this.#onChange(this.#responses.size);
    });
    this.#onChange(this.#responses.size);
    send(response, data);
  }

  /** Sends an event with `data` on every open stream. */
  send(data: string): void {
    for (const response of this.#responses) send(response, data);
  }
}

function send(response: ServerResponse, data: string): void {
  response.write(`data: ${data}\n\n`);
}
