import type { Readable } from 'node:stream';
import { LineSplitter } from './line-splitter.ts';
import { withoutMachineWarning } from './machine-warning.ts';

/** Receives whole lines of a replica's output. If it returns a promise, no more output is read until it settles. */
export type OnOutput = (replica: string, lines: readonly string[]) => void | Promise<void>;

/** Reads the output of one replica, across restarts of its app, no faster than the receiver takes it. */
export class ReplicaOutput {
  readonly #take: (lines: readonly string[]) => void | Promise<void>;
  readonly #reading = new Map<Readable, Promise<void>>();

  constructor(take: (lines: readonly string[]) => void | Promise<void>) {
    this.#take = take;
  }

  /** Starts to read the streams of an app; reading ends when they do. */
  read(streams: readonly Readable[]): void {
    for (const stream of streams) this.#reading.set(stream, this.#read(stream));
  }

  /** Resolves when all streams have ended and the receiver has taken their lines. */
  async drained(): Promise<void> {
    await Promise.all(this.#reading.values());
  }

  /** Stops reading, and drops what has not been read. */
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
      // discard() has destroyed the stream.
    } finally {
      this.#reading.delete(stream);
    }
  }
}
