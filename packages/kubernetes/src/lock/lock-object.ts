import type { LockRecord } from '@cluster-leader/core';

/** The kinds of objects that sidecars lock on. */
export type LockKind = 'Lease' | 'Endpoints' | 'ConfigMap';

/** One object in the API server that is the lock of an election. */
export interface LockObject {
  readonly kind: LockKind;
  readonly namespace: string;
  readonly name: string;
}

interface Resource {
  readonly group: string;
  readonly plural: string;
}

export const RESOURCES: Readonly<Record<LockKind, Resource>> = {
  Lease: { group: 'coordination.k8s.io', plural: 'leases' },
  Endpoints: { group: '', plural: 'endpoints' },
  ConfigMap: { group: '', plural: 'configmaps' },
};

const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

/** The object in words, for messages. */
export function describe({ kind, namespace, name }: LockObject): string {
  return `${kind} ${name} in namespace ${namespace}`;
}

/** The path of the object. */
export function pathOf(lock: LockObject): string {
  return `${collectionOf(lock)}/${encodeURIComponent(lock.name)}`;
}

/** The path that watches this object alone: a Role for one name allows no other watch. */
export function watchPathOf(lock: LockObject, timeoutSeconds: number): string {
  const selector = encodeURIComponent(`metadata.name=${lock.name}`);
  return `${collectionOf(lock)}?watch=true&fieldSelector=${selector}&timeoutSeconds=${timeoutSeconds}`;
}

function collectionOf({ kind, namespace }: LockObject): string {
  const { group, plural } = RESOURCES[kind];
  const api = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  return `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** Reads the record in an object of the API server; throws if it is not such an object. */
export function parseRecord(kind: LockKind, object: unknown): LockRecord {
  const metadata = fieldsOf(field(object, 'metadata'));
  const { resourceVersion, uid, annotations, ownerReferences } = metadata;
  if (typeof resourceVersion !== 'string' || !/^\d+$/.test(resourceVersion) || typeof uid !== 'string') {
    throw new Error('It has no resourceVersion and uid');
  }
  const spec = kind === 'Lease' ? fieldsOf(field(object, 'spec')) : parseAnnotation(field(annotations, ANNOTATION));
  const { holderIdentity, renewTime, leaseDurationSeconds } = spec;
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    renewedAt: dateOf(renewTime),
    leaseDurationMs:
      typeof leaseDurationSeconds === 'number' && leaseDurationSeconds > 0 ? 1_000 * leaseDurationSeconds : undefined,
    version: BigInt(resourceVersion),
    uid,
    ownerUid: podOwnerOf(ownerReferences),
  };
}

function parseAnnotation(annotation: unknown): Readonly<Record<string, unknown>> {
  if (annotation === undefined) return {}; // nobody has held this lock yet
  if (typeof annotation !== 'string') throw new Error(`Its annotation ${ANNOTATION} is not a text`);
  return fieldsOf(JSON.parse(annotation));
}

function podOwnerOf(references: unknown): string | undefined {
  if (!Array.isArray(references)) return undefined;
  const uids = references.filter((one) => field(one, 'kind') === 'Pod').map((one) => field(one, 'uid'));
  return uids.find((uid) => typeof uid === 'string');
}

function dateOf(time: unknown): Date | undefined {
  if (time === undefined || time === null) return undefined;
  const date = new Date(typeof time === 'string' ? time : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new Error('Its renewTime is not a time');
  return date;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('It is not the record of a lock');
  return { ...value };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
