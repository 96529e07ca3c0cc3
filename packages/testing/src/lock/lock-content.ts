import { isRecord, type OwnerReference, type SentObject } from '../api-server/api-object.ts';
import type { LockKind } from './lock-object.ts';

/** What sidecars write into a lock object; times and durations as they stand there. */
export interface LockContent {
  /** The name of the holder; empty if nobody holds the lock. */
  readonly holder: string;
  /** A whole number in a real cluster; the fraction of a short lease is kept here. */
  readonly leaseDurationSeconds?: number | undefined;
  readonly acquireTime?: string | undefined;
  readonly renewTime?: string | undefined;
  /** How often the holder has changed. */
  readonly transitions?: number | undefined;
}

const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

/** Returns the content of a lock object. One that says nothing, or nothing readable, has no holder. */
export function contentOf(object: SentObject): LockContent {
  const values = object.kind === 'Lease' ? object['spec'] : parseAnnotation(object.metadata.annotations?.[ANNOTATION]);
  if (!isRecord(values)) return { holder: '' };
  const { acquireTime, holderIdentity, leaseDurationSeconds, renewTime } = values;
  const transitions = values['leaseTransitions'] ?? values['leaderTransitions'];
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    leaseDurationSeconds: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : undefined,
    acquireTime: typeof acquireTime === 'string' ? acquireTime : undefined,
    renewTime: typeof renewTime === 'string' ? renewTime : undefined,
    transitions: typeof transitions === 'number' ? transitions : undefined,
  };
}

/** Returns `known`, or a new object, with `content` in it. */
export function withContent(
  kind: LockKind,
  known: SentObject,
  content: LockContent,
  ownerReferences?: readonly OwnerReference[],
): SentObject {
  const { holder: holderIdentity, transitions, ...times } = content;
  const metadata = ownerReferences === undefined ? known.metadata : { ...known.metadata, ownerReferences };
  if (kind === 'Lease')
    return { ...known, metadata, spec: { holderIdentity, ...times, leaseTransitions: transitions } };
  const text = JSON.stringify({ holderIdentity, ...times, leaderTransitions: transitions });
  return { ...known, metadata: { ...metadata, annotations: { ...metadata.annotations, [ANNOTATION]: text } } };
}

function parseAnnotation(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
