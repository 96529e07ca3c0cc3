import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from '../loopback-server.ts';
import type { Caller } from './access.ts';
import type { ApiAnswer } from './api-request.ts';
import type { CutOffKind } from './cut-off-kind.ts';
import type { ObjectStore } from './object-store.ts';
import type { Passage } from './passage.ts';
import { readBody } from './read-body.ts';
import type { RequestHandler } from './request-handler.ts';
import { sendBody, sendWatch } from './send-answer.ts';
import type { ServerCondition } from './server-condition.ts';
import { ApiFailure } from './status.ts';

/** What a path needs from its API server. */
export interface ApiPathOptions {
  readonly caller: Caller;
  readonly store: ObjectStore;
  readonly handler: RequestHandler;
  readonly condition: ServerCondition;
  /** How much later answers come while the path is slow. */
  readonly slowMs: number;
}

/** One way to the API server, over real HTTP, that can be lost without the others. */
export class ApiPath {
  readonly #options: ApiPathOptions;
  readonly #server: LoopbackServer;
  #blackHole: PromiseWithResolvers<void> | undefined;
  #cutOff: CutOffKind | undefined;
  #isClosed = false;
  /** Settles with the last change of the server. */
  #adjusted: Promise<void> = Promise.resolve();

  constructor(options: ApiPathOptions) {
    this.#options = options;
    this.#server = new LoopbackServer((request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
  }

  /** The address, as a client of Kubernetes takes it; valid once the path has been opened. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** Loses the API server until `heal()`. */
  async cutOff(kind: CutOffKind): Promise<void> {
    this.#cutOff = kind;
    await this.adjust();
  }

  /** Restores the path. Requests that still wait in a black hole are served now. */
  async heal(): Promise<void> {
    this.#cutOff = undefined;
    await this.adjust();
  }

  /** Closes the path for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.adjust();
  }

  /** Ends every connection. */
  async disconnect(): Promise<void> {
    await this.#inTurn(() => this.#server.close());
    await this.adjust();
  }

  /** Opens or closes the path as its own fault and the condition of the server demand. */
  async adjust(): Promise<void> {
    await this.#inTurn(async () => {
      const isOpen = !this.#isClosed && this.#options.condition.isUp && this.#cutOff !== 'refused';
      const isHole = isOpen && this.#cutOff === 'black-hole';
      if (isHole) this.#blackHole ??= Promise.withResolvers<void>();
      this.#server.resets = this.#cutOff === 'reset';
      await (isOpen ? this.#server.open() : this.#server.close());
      if (!isHole) this.#endBlackHole();
    });
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#adjusted.then(change);
    this.#adjusted = done.catch(() => {});
    await done;
  }

  #endBlackHole(): void {
    this.#blackHole?.resolve();
    this.#blackHole = undefined;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request);
    if (answer === undefined) return;
    const { condition, slowMs, store } = this.#options;
    const passage: Passage = {
      slowMs: () => condition.slowMs + (this.#cutOff === 'slow' ? slowMs : 0),
      whenOpen: async () => this.#blackHole?.promise,
    };
    if ('watch' in answer) sendWatch(store, answer.watch, response, passage);
    else await sendBody(answer, response, passage);
  }

  async #answer(request: IncomingMessage): Promise<ApiAnswer | undefined> {
    const { caller, condition, handler } = this.#options;
    try {
      const body = await readBody(request);
      await this.#blackHole?.promise;
      // A request of a sidecar that was killed meanwhile must not change the lock.
      if (request.socket.destroyed) return undefined;
      return handler.answer({
        caller,
        method: request.method ?? 'GET',
        url: new URL(request.url ?? '/', this.url),
        authorization: request.headers.authorization,
        body,
        isReadOnly: condition.isReadOnly || this.#cutOff === 'read-only',
      });
    } catch (error) {
      if (error instanceof ApiFailure) return { code: error.code, body: error.status };
      throw error;
    }
  }
}
