import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { answersOf, type RecordedAnswer, type Recording } from '../support/replay/recording.ts';

/** One pod's sidecar on its own port, which does in real time what was recorded of it. */
export class RecordedServer {
  readonly #answers: readonly RecordedAnswer[];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #waiting = new Set<ServerResponse>();
  readonly #server: Server = createServer((_request, response) => this.#serve(response));
  #present: RecordedAnswer | undefined;
  #port = 0;

  constructor(recording: Recording, pod: string) {
    this.#answers = answersOf(recording, pod);
  }

  /** Listens on a free port, and resolves with the URL. */
  async open(): Promise<URL> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    return new URL(`http://127.0.0.1:${this.#port}/`);
  }

  /** Starts the recording now. */
  play(): void {
    for (const answer of this.#answers) this.#timers.push(setTimeout(() => this.#become(answer), answer.atMs));
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#refuse();
  }

  #become(answer: RecordedAnswer): void {
    this.#present = answer;
    if ('refused' in answer) return this.#refuse();
    if (!this.#server.listening) this.#server.listen(this.#port, '127.0.0.1');
    for (const response of this.#waiting) this.#serve(response);
  }

  #serve(response: ServerResponse): void {
    this.#waiting.add(response);
    if (this.#present === undefined || !('status' in this.#present)) return;
    this.#waiting.delete(response);
    response.writeHead(this.#present.status, { 'content-type': 'text/plain' }).end(this.#present.body);
  }

  #refuse(): void {
    this.#waiting.clear();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
