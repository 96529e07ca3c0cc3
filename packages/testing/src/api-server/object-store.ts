import { randomUUID } from 'node:crypto';
import type { ApiObject, ObjectMetadata, SentObject } from './api-object.ts';
import type { Resource } from './resource.ts';
import { alreadyExists, conflict, notFound } from './status.ts';

/** One change of one object. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
  readonly version: bigint;
}

/** The part of the metadata that the store sets. */
type Given = Pick<ObjectMetadata, 'name' | 'namespace' | 'uid' | 'creationTimestamp'>;

/** How many events of the past the store keeps for watches that begin at an old version. */
const HISTORY_LENGTH = 200;

/** Every object of a cluster, with one version that grows with each write, as etcd keeps them. */
export class ObjectStore {
  readonly #objects = new Map<string, ApiObject>();
  readonly #listeners = new Set<(event: ObjectEvent) => void>();
  #history: ObjectEvent[] = [];
  #version = 1n;
  #oldestVersion = 1n;

  /** The version of the last write. */
  get version(): bigint {
    return this.#version;
  }

  /** The version after which every event is still known. */
  get oldestVersion(): bigint {
    return this.#oldestVersion;
  }

  /** Every object. */
  get objects(): readonly ApiObject[] {
    return [...this.#objects.values()];
  }

  /** The events after `version`, the oldest first. */
  eventsAfter(version: bigint): readonly ObjectEvent[] {
    return this.#history.filter((event) => event.version > version);
  }

  /** Returns an object, or undefined if there is none. */
  get(resource: Resource, namespace: string, name: string): ApiObject | undefined {
    return this.#objects.get(keyOf(resource.kind, namespace, name));
  }

  /** Creates an object with a new uid, or with `uid`; throws 409 if it exists. */
  create(resource: Resource, namespace: string, name: string, sent: SentObject, uid: string = randomUUID()): ApiObject {
    if (this.get(resource, namespace, name) !== undefined) throw alreadyExists(resource, name);
    const creationTimestamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    return this.#write('ADDED', resource, sent, { name, namespace, uid, creationTimestamp });
  }

  /** Replaces an object; throws 404 if there is none, and 409 if `sent` names an old version or another uid. */
  replace(resource: Resource, namespace: string, name: string, sent: SentObject): ApiObject {
    const known = this.get(resource, namespace, name);
    if (known === undefined) throw notFound(resource, name);
    const { uid = known.metadata.uid, resourceVersion = known.metadata.resourceVersion } = sent.metadata;
    if (uid !== known.metadata.uid || resourceVersion !== known.metadata.resourceVersion) {
      throw conflict(resource, name);
    }
    const { creationTimestamp } = known.metadata;
    return this.#write('MODIFIED', resource, sent, { name, namespace, uid, creationTimestamp });
  }

  /** Deletes an object and returns it as it was last; throws 404 if there is none. */
  delete(resource: Resource, namespace: string, name: string): ApiObject {
    const known = this.get(resource, namespace, name);
    if (known === undefined) throw notFound(resource, name);
    this.#objects.delete(keyOf(resource.kind, namespace, name));
    this.#version += 1n;
    const metadata = { ...known.metadata, resourceVersion: String(this.#version) };
    this.#emit({ type: 'DELETED', object: { ...known, metadata }, version: this.#version });
    return known;
  }

  /** Forgets every object and every event, and counts from the beginning. Nobody who watches is told. */
  lose(): void {
    this.#objects.clear();
    this.#history = [];
    this.#version = 1n;
    this.#oldestVersion = 1n;
  }

  /** Calls `listener` after each write. Returns a function that ends it. */
  subscribe(listener: (event: ObjectEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #write(type: ObjectEvent['type'], { kind, apiVersion }: Resource, sent: SentObject, given: Given): ApiObject {
    const { managedFields: _, ...kept } = sent.metadata;
    const resourceVersion = String(this.#version + 1n);
    const object: ApiObject = { ...sent, kind, apiVersion, metadata: { ...kept, ...given, resourceVersion } };
    this.#version += 1n;
    this.#objects.set(keyOf(kind, given.namespace, given.name), object);
    this.#emit({ type, object, version: this.#version });
    return object;
  }

  #emit(event: ObjectEvent): void {
    this.#history.push(event);
    if (this.#history.length > HISTORY_LENGTH) this.#oldestVersion = this.#history.shift()?.version ?? this.#version;
    for (const listener of this.#listeners) listener(event);
  }
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
