import type { Changes } from '../changes.ts';
import { contentOf } from '../lock/lock-content.ts';
import type { LockObject } from '../lock/lock-object.ts';
import type { Access, Caller } from './access.ts';
import { ApiPath } from './api-path.ts';
import { ObjectStore } from './object-store.ts';
import { RequestHandler } from './request-handler.ts';
import { RESOURCES } from './resource.ts';
import type { ServerCondition } from './server-condition.ts';

/** The control plane of one election: the API server, its database, every path to it, and the pods. */
export class Cluster {
  readonly lock: LockObject;
  readonly condition: ServerCondition = { isUp: true, isReadOnly: false, slowMs: 0 };
  readonly #store = new ObjectStore();
  readonly #handler: RequestHandler;
  readonly #paths: ApiPath[] = [];
  /** The uids of the pods that exist. */
  readonly #pods = new Map<string, string>();
  readonly #collections = new Set<NodeJS.Timeout>();

  readonly #slowPathMs: number;

  /** `slowPathMs` is how much later answers come on a path that is slow. */
  constructor(lock: LockObject, slowPathMs: number, changes: Changes) {
    this.lock = lock;
    this.#slowPathMs = slowPathMs;
    this.#handler = new RequestHandler(this.#store, lock);
    this.#store.subscribe(() => changes.notify());
  }

  /** The rights of the apps. */
  get access(): Access {
    return this.#handler.access;
  }

  /** The name in the lock record; undefined if nobody holds it. */
  get holder(): string | undefined {
    const object = this.#store.get(RESOURCES[this.lock.kind], this.lock.namespace, this.lock.name);
    return (object && contentOf(object).holder) || undefined;
  }

  /** Adds a path for requests of `caller`. */
  addPath(caller: Caller): ApiPath {
    const shared = { store: this.#store, handler: this.#handler, condition: this.condition, slowMs: this.#slowPathMs };
    const path = new ApiPath({ ...shared, caller });
    this.#paths.push(path);
    return path;
  }

  /** Makes every path show the present condition. */
  async adjust(): Promise<void> {
    await Promise.all(this.#paths.map((path) => path.adjust()));
  }

  /** Ends every connection and starts with an empty database. The kubelets register their pods again. */
  async loseData(): Promise<void> {
    this.#store.lose();
    for (const [name, uid] of this.#pods) this.#register(name, uid);
    await Promise.all(this.#paths.map((path) => path.disconnect()));
  }

  /** Deletes the lock object, if it exists. */
  deleteLock(): void {
    const { kind, name, namespace } = this.lock;
    const resource = RESOURCES[kind];
    if (this.#store.get(resource, namespace, name) !== undefined) this.#store.delete(resource, namespace, name);
  }

  /** Creates the pod object of `name`, unless it exists, and returns its uid. */
  createPod(name: string): string {
    const uid = this.#pods.get(name) ?? this.#register(name);
    this.#pods.set(name, uid);
    return uid;
  }

  /** Deletes the pod object of `name`, and `collectedAfterMs` later every object that it owns. */
  deletePod(name: string, collectedAfterMs: number): void {
    const uid = this.#pods.get(name);
    if (uid === undefined) return;
    this.#pods.delete(name);
    this.#store.delete(RESOURCES.Pod, this.lock.namespace, name);
    const collection = setTimeout(() => {
      this.#collections.delete(collection);
      this.#collect(uid);
    }, collectedAfterMs);
    this.#collections.add(collection);
  }

  /** Closes every path, and clears the timers of deleted pods. */
  async close(): Promise<void> {
    for (const collection of this.#collections) clearTimeout(collection);
    this.#collections.clear();
    await Promise.all(this.#paths.map((path) => path.close()));
  }

  #register(name: string, uid?: string): string {
    const pod = this.#store.create(RESOURCES.Pod, this.lock.namespace, name, { metadata: {} }, uid);
    return pod.metadata.uid;
  }

  #collect(ownerUid: string): void {
    for (const { kind, metadata } of this.#store.objects) {
      const resource = Object.values(RESOURCES).find((known) => known.kind === kind);
      if (resource === undefined || metadata.ownerReferences?.every(({ uid }) => uid !== ownerUid) !== false) continue;
      this.#store.delete(resource, metadata.namespace, metadata.name);
    }
  }
}
