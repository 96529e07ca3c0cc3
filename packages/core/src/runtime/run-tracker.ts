import { withLimit } from './patience.ts';

/** Keeps track of the runs that are under way, by name, so that a shutdown can wait for them. */
export class RunTracker {
  readonly #names = new Map<Promise<unknown>, string>();

  /** The names of the runs that are under way. */
  get names(): string[] {
    return [...this.#names.values()];
  }

  /** Settles as `run` does, which counts as under way until then. */
  async track<T>(name: string, run: Promise<T>): Promise<T> {
    this.#names.set(run, name);
    try {
      return await run;
    } finally {
      this.#names.delete(run);
    }
  }

  /** Waits for the runs that are under way now, for at most `limitMs`. Resolves with the names of those still running. */
  async drain(limitMs: number): Promise<string[]> {
    const runs = [...this.#names];
    await withLimit(Promise.allSettled(runs.map(([run]) => run)), limitMs);
    return runs.filter(([run]) => this.#names.has(run)).map(([, name]) => name);
  }
}
