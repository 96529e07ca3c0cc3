/** The kinds of object on which sidecars lock. */
export type LockKind = 'Lease' | 'Endpoints' | 'ConfigMap';

/** The object in which an election keeps its lock record. */
export interface LockObject {
  readonly kind: LockKind;
  readonly namespace: string;
  readonly name: string;
}
