import type { ServerResponse } from 'node:http';

/** How answers get from the API server to the clients of one path. */
export interface Passage {
  /** How much later an answer comes that is sent now. */
  slowMs(): number;
  /** Resolves once answers get through. */
  whenOpen(): Promise<void>;
}

/** Resolves when an answer that is `delayMs` late may be written; at once if the connection of `response` ends. */
export async function passed(passage: Passage, response: ServerResponse, delayMs: number): Promise<void> {
  if (delayMs > 0 && !response.destroyed) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, delayMs);
    response.once('close', resolve);
    await promise;
    clearTimeout(timer);
    response.off('close', resolve);
  }
  await passage.whenOpen();
}
