import type { ReplicaSet } from '../replicas/replica-set.ts';

/** Shows what the replicas do, from the first line to the end. */
export interface DevView {
  /** Receives lines of a replica's output; the replica waits for the promise, if there is one. */
  output(replica: string, lines: readonly string[]): void | Promise<void>;
  /** Receives a sentence of dev's own. */
  say(sentence: string): void;
  /** Called once all replicas run. */
  show(replicas: ReplicaSet): void;
  /** Called whenever something has changed. */
  refresh(): void;
  /** Called when the end begins, and when it is over. */
  ending(): void;
  close(): void;
}
