/**
 * A test, written for both Vitest and node:test: what the adapter promises, and a function that rejects if it does not.
 */
export interface Case {
  readonly title: string;
  run(): Promise<void>;
}
