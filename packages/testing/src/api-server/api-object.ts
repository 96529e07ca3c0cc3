/** A reference to an object on which another depends: if the owner is deleted, so is the dependant. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** The metadata of a stored object. */
export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** The version of the whole store at the last write of this object. */
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly [member: string]: unknown;
}

/** An object as the API server stores and serves it. */
export interface ApiObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: ObjectMetadata;
  readonly [member: string]: unknown;
}

/** An object as a client sends it: the API server sets what is missing. */
export interface SentObject {
  readonly kind?: unknown;
  readonly apiVersion?: unknown;
  readonly metadata: Readonly<Partial<ObjectMetadata>>;
  readonly [member: string]: unknown;
}

/** Whether a value received over HTTP is an object with metadata whose members are of the right types. */
export function isSentObject(value: unknown): value is SentObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  const { annotations = {}, ownerReferences = [], ...texts } = value['metadata'];
  const names = ['name', 'namespace', 'uid', 'resourceVersion'];
  return (
    names.every((name) => texts[name] === undefined || typeof texts[name] === 'string') &&
    isRecord(annotations) &&
    Object.values(annotations).every((text) => typeof text === 'string') &&
    Array.isArray(ownerReferences) &&
    ownerReferences.every((owner) => isRecord(owner) && typeof owner['uid'] === 'string')
  );
}

/** Whether a value received over HTTP is a stored object. */
export function isApiObject(value: unknown): value is ApiObject {
  if (!isSentObject(value)) return false;
  const { name, uid, resourceVersion } = value.metadata;
  return name !== undefined && uid !== undefined && resourceVersion !== undefined;
}

/** Whether `value` is an object and not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
