import type { ReplicaSet } from '../replicas/replica-set.ts';

/** Shows what the replicas do, from the first line to the end. */
export interface DevView {
  /** Receives lines of a replica's output. If it returns a promise, no more output is read until that settles. */
  output(replica: string, lines: readonly string[]): void | Promise<void>;
  /** Receives a sentence from `dev` itself. */
  say(sentence: string): void;
  /** Called once, when all replicas run. */
  show(replicas: ReplicaSet): void;
  /** Called whenever a replica has changed. */
  refresh(): void;
  /** Called when the replicas are about to be ended. */
  ending(): void;
  /** Called when all replicas have ended. */
  close(): void;
}
