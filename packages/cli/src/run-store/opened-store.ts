import type { RunStore } from '@cluster-leader/ledger';

/** A store that is only read, with the connection that it reads through. */
export interface OpenedStore {
  readonly store: Pick<RunStore, 'runs' | 'terms'>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** The longest wait for a connection, in milliseconds. */
export const CONNECT_LIMIT_MS = 10_000;
