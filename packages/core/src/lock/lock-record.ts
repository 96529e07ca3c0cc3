/** What the sidecars of an election compete for in the API server: who holds the lock, and since when. */
export interface LockRecord {
  /** The holder's name; empty if nobody holds the lock. */
  readonly holder: string;
  /** When the holder last renewed the lock, by the clock of the holder's node; absent if the sidecar never renews. */
  readonly renewedAt?: Date | undefined;
  /** The lease that the holder wrote into the record, in milliseconds. */
  readonly leaseDurationMs?: number | undefined;
  /** Grows with every write (`metadata.resourceVersion`). */
  readonly version: bigint;
  /** The identity of the object, which changes when it is deleted and created again (`metadata.uid`). */
  readonly uid: string;
  /** The uid of the pod that owns the object, if one does. */
  readonly ownerUid?: string | undefined;
}

/** Reads the lock record of an election, such as `kubernetesLock()` of `@cluster-leader/kubernetes`. */
export interface LockRecordReader {
  /** The name of the lock object: the default of the option `election`. */
  readonly name?: string | undefined;
  /** The object in words, for messages: kind, namespace and name. */
  readonly description?: string | undefined;
  /**
   * Reads the record as it is now, not from a cache. Resolves with undefined if there is no such object (404); rejects if
   * it could not be read, or with the reason of `signal`. The message says what to do and contains no credentials.
   */
  read(signal: AbortSignal): Promise<LockRecord | undefined>;
  /** Calls `onChange` when another holder or another object may be there. Returns a function that ends it. */
  watch?(onChange: () => void): () => void;
  /** Releases timers and sockets. May be called again. */
  close(): Promise<void>;
}
