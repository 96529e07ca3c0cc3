import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { isApiObject, type ApiObject, type OwnerReference } from '../../api-server/api-object.ts';
import { pathOf, RESOURCES } from '../../api-server/resource.ts';
import { contentOf, withContent, type LockContent } from '../../lock/lock-content.ts';
import type { LockObject } from '../../lock/lock-object.ts';
import type { SidecarLife } from '../sidecar-life.ts';

/** A lock object as it was read or written, and its content. */
export interface HeldLock {
  readonly object: ApiObject;
  readonly content: LockContent;
}

/** What a client of the API server needs. */
export interface LockClientOptions {
  readonly apiUrl: string;
  readonly lock: LockObject;
  readonly life: SidecarLife;
  /** After which a request fails; never if undefined, as in most of the real programs. */
  readonly requestTimeoutMs: number | undefined;
}

/** A sidecar's client of the API server. */
export class LockClient {
  readonly #options: LockClientOptions;
  readonly #collection: string;
  readonly #object: string;

  constructor(options: LockClientOptions) {
    const { apiUrl, lock } = options;
    this.#options = options;
    this.#collection = `${apiUrl}${pathOf(RESOURCES[lock.kind], lock.namespace)}`;
    this.#object = `${this.#collection}/${lock.name}`;
  }

  /** Resolves with the lock as it is now, or undefined if there is none (404). */
  async read(): Promise<HeldLock | undefined> {
    const object = await this.#get(this.#object);
    return object && heldLock(object);
  }

  /** Resolves with the lock as created; undefined if another candidate was faster. */
  async create(content: LockContent, owner?: OwnerReference): Promise<HeldLock | undefined> {
    const { kind, name } = this.#options.lock;
    const object = withContent(kind, { kind, metadata: { name } }, content, owner && [owner]);
    return this.#write('POST', this.#collection, object);
  }

  /** Resolves with the lock as written; undefined if it has changed since it was read. */
  async replace({ object }: HeldLock, content: LockContent): Promise<HeldLock | undefined> {
    return this.#write('PUT', this.#object, withContent(this.#options.lock.kind, object, content));
  }

  /** Resolves with a reference to the pod called `name`, or undefined if there is none. */
  async pod(name: string): Promise<OwnerReference | undefined> {
    const { apiUrl, lock } = this.#options;
    const pod = await this.#get(`${apiUrl}${pathOf(RESOURCES.Pod, lock.namespace, name)}`);
    return pod && { apiVersion: 'v1', kind: 'Pod', name, uid: pod.metadata.uid };
  }

  /** Resolves once the lock has changed since `known` was read, or exists if that is undefined; rejects if the connection ends. */
  async changed(known: HeldLock | undefined): Promise<void> {
    const since = known === undefined ? '' : `&resourceVersion=${known.object.metadata.resourceVersion}`;
    const selector = encodeURIComponent(`metadata.name=${this.#options.lock.name}`);
    const response = await this.#send('GET', `${this.#collection}?watch=true&fieldSelector=${selector}${since}`);
    try {
      for await (const _ of response) return;
      throw new Error('The API server ended the watch.');
    } finally {
      response.destroy();
      await this.#options.life.awake();
    }
  }

  async #get(url: string): Promise<ApiObject | undefined> {
    const { received, status } = await this.#exchange('GET', url);
    if (status === 200 && isApiObject(received)) return received;
    if (status === 404) return undefined;
    throw new Error(`The API server answered ${status}.`);
  }

  async #write(method: string, url: string, object: unknown): Promise<HeldLock | undefined> {
    const { received, status = 0 } = await this.#exchange(method, url, JSON.stringify(object));
    if (status === 409) return undefined;
    if (status < 300 && isApiObject(received)) return heldLock(received);
    throw new Error(`The API server answered ${status}.`);
  }

  async #exchange(
    method: string,
    url: string,
    body?: string,
  ): Promise<{ readonly status: number | undefined; readonly received: unknown }> {
    try {
      const response = await this.#send(method, url, body);
      return { status: response.statusCode, received: await json(response) };
    } finally {
      await this.#options.life.awake();
    }
  }

  async #send(method: string, url: string, body?: string): Promise<IncomingMessage> {
    const { life, requestTimeoutMs = 0 } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // A connection for each request: a reused idle one could fail for reasons that have nothing to do with the election.
    const sent = request(url, { method, agent: false, signal: life.signal, timeout: requestTimeoutMs }, resolve);
    sent.on('timeout', () => sent.destroy(new Error('The API server did not answer in time.')));
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }
}

function heldLock(object: ApiObject): HeldLock {
  return { object, content: contentOf(object) };
}
