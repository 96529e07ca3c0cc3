import { inModuleContext } from '../runtime/module-context.ts';

/** Delivers typed events in the order in which they were queued, even if a listener causes further ones. */
export class Emitter<Events extends object> {
  readonly #listeners: { [Name in keyof Events]?: Set<(event: Events[Name]) => unknown> } = {};
  readonly #queue: (() => void)[] = [];
  readonly #onListenerError: (error: unknown) => void;
  #delivering = false;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown): () => void {
    const listeners: Set<(event: Events[Name]) => unknown> = this.#listeners[name] ?? new Set();
    this.#listeners[name] = listeners;
    // Wrapped, so that the same function may listen twice and each return value ends one of them.
    const listening = (event: Events[Name]): unknown => listener(event);
    listeners.add(listening);
    return () => void listeners.delete(listening);
  }

  queue<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#queue.push(() => {
      const listeners = this.#listeners[name];
      // A listener added during delivery receives the next event; a removed one does not receive this one any more.
      for (const listener of Array.from(listeners ?? [])) {
        if (listeners?.has(listener)) this.#call(() => listener(event));
      }
    });
  }

  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    inModuleContext(() => {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    });
    this.#delivering = false;
  }

  #call(deliver: () => unknown): void {
    try {
      Promise.resolve(deliver()).catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      this.#onListenerError(error);
    } catch {
      // No place is left to report it, and the other listeners wait.
    }
  }
}
