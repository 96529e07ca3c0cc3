import type { Readable } from 'node:stream';
import { LineSplitter } from './line-splitter.ts';
import { withoutMachineWarning } from './machine-warning.ts';

/** Receives whole lines of a replica's output; if it returns a promise, the app cannot write more until it settles. */
export type OnOutput = (replica: string, lines: readonly string[]) => void | Promise<void>;

/** Reads the output of one replica's runs, no faster than the receiver takes it. */
export class ReplicaOutput {
  readonly #take: (lines: readonly string[]) => void | Promise<void>;
  readonly #reading = new Map<Readable, Promise<void>>();

  constructor(take: (lines: readonly string[]) => void | Promise<void>) {
    this.#take = take;
  }

  /** Reads the streams of a run until they end. */
  read(streams: readonly Readable[]): void {
    for (const stream of streams) this.#reading.set(stream, this.#read(stream));
  }

  /** Resolves when all that was written has been taken. */
  async drained(): Promise<void> {
    await Promise.all(this.#reading.values());
  }

  /** Stops reading, whatever is left. */
  discard(): void {
    for (const stream of this.#reading.keys()) stream.destroy();
  }

  async #read(stream: Readable): Promise<void> {
    const splitter = new LineSplitter();
    const filter = withoutMachineWarning();
    const take = (lines: readonly string[]): void | Promise<void> => {
      const kept = filter(lines);
      return kept.length === 0 ? undefined : this.#take(kept);
    };
    try {
      for await (const chunk of stream) if (Buffer.isBuffer(chunk)) await take(splitter.push(chunk));
      await take(splitter.end());
    } catch {
      // It was discarded.
    } finally {
      this.#reading.delete(stream);
    }
  }
}
