import type { StoreAddress } from './messages.ts';

/** A database of a test of its own, which survives being killed as far as its data folder does. */
export interface KillableDatabase extends StoreAddress {
  /** Ends it with SIGKILL, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it with the same data at the same address, and resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it, and deletes its data. */
  end(): Promise<void>;
}
