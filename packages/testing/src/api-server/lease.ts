/** The record that the candidates compete for. */
export interface Lease {
  /** Grows with every write; a write must name the version that it replaces. */
  readonly version: number;
  /** The name of the leader; empty if there is none. */
  readonly holder: string;
  /** How often the holder has changed. */
  readonly transitions: number;
}

/** Whether a value received over HTTP is a lease. */
export function isLease(value: unknown): value is Lease {
  return isLeaseWrite(value) && 'transitions' in value && typeof value.transitions === 'number';
}

/** A request to make `holder` the holder, valid while `version` is the newest. */
export type LeaseWrite = Pick<Lease, 'version' | 'holder'>;

/** Whether a value received over HTTP is a lease write. */
export function isLeaseWrite(value: unknown): value is LeaseWrite {
  if (typeof value !== 'object' || value === null || !('version' in value && 'holder' in value)) return false;
  return typeof value.version === 'number' && typeof value.holder === 'string';
}
