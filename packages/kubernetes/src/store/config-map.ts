import type { ApiClient, ApiResponse } from '../access/api-client.ts';
import { statusError } from '../access/api-errors.ts';
import { forbiddenError } from '../access/role.ts';
import type { ConfigMapData } from './document-text.ts';

/** A ConfigMap as it was read, and when, by the clock of the API server. */
export interface ReadConfigMap {
  readonly data: ConfigMapData;
  readonly nowMs: number;
  /** The whole object, or undefined if it does not exist. */
  readonly object: Readonly<Record<string, unknown>> | undefined;
}

/** One ConfigMap, which is only ever replaced in the version that was read. */
export class ConfigMap {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #name: string;

  constructor(client: ApiClient, namespace: string, name: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#name = name;
  }

  /** The object in words, for messages. */
  get description(): string {
    return `ConfigMap ${this.#name} in namespace ${this.#namespace}`;
  }

  async read(signal: AbortSignal): Promise<ReadConfigMap> {
    const response = await this.#client.get(this.#path, signal);
    const { body, dateMs, status } = response;
    if (status !== 404 && status !== 200) throw this.#error(response);
    if (Number.isNaN(dateMs)) {
      throw new Error(
        'The API server answered without a Date header, which the store uses as its clock. See that no proxy removes it.',
      );
    }
    if (status === 404) return { data: {}, nowMs: dateMs, object: undefined };
    try {
      const object = objectOf(JSON.parse(body));
      return { data: dataOf(object['data'] ?? {}), nowMs: dateMs, object };
    } catch (cause) {
      throw new Error(`${this.description} could not be read. See that the option name is right.`, { cause });
    }
  }

  /** Resolves with false if another process has written it since it was read. */
  async write({ object }: ReadConfigMap, data: ConfigMapData, signal: AbortSignal): Promise<boolean> {
    const response = await this.#client.request(
      object === undefined
        ? { method: 'POST', path: `${this.#collection}${LIMIT}`, body: JSON.stringify(this.#newObject(data)) }
        : { method: 'PUT', path: `${this.#path}${LIMIT}`, body: JSON.stringify({ ...object, data }) },
      signal,
    );
    const { status } = response;
    if (status === 200 || status === 201) return true;
    // 404: it was deleted since.
    if (status === 409 || (status === 404 && object !== undefined)) return false;
    throw this.#error(response);
  }

  get #collection(): string {
    return `/api/v1/namespaces/${encodeURIComponent(this.#namespace)}/configmaps`;
  }

  get #path(): string {
    return `${this.#collection}/${this.#name}`;
  }

  #newObject(data: ConfigMapData): unknown {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: this.#name, namespace: this.#namespace }, data };
  }

  #error({ body, status }: ApiResponse): Error {
    if (status !== 403) return statusError(status);
    // RBAC cannot limit create to a name.
    const rules = [
      `{ apiGroups: [''], resources: [configmaps], resourceNames: [${this.#name}], verbs: [get, update] }`,
      "{ apiGroups: [''], resources: [configmaps], verbs: [create] }",
    ];
    return forbiddenError({ role: this.#name, namespace: this.#namespace, rules }, body);
  }
}

/** The API server gives up a write that takes longer, so that none takes effect after its caller has given up. */
const LIMIT = '?timeout=2s';

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('It is not an object');
  return { ...value };
}

function dataOf(value: unknown): ConfigMapData {
  const data: Record<string, string> = {};
  for (const [key, text] of Object.entries(objectOf(value))) {
    if (typeof text !== 'string') throw new Error('Its data is not text');
    data[key] = text;
  }
  return data;
}
