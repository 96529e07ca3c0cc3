import { Access, type Verb } from './access.ts';
import { isSentObject, type SentObject } from './api-object.ts';
import type { ApiAnswer, ApiRequest } from './api-request.ts';
import type { LockObject } from '../lock/lock-object.ts';
import type { ObjectStore } from './object-store.ts';
import { parsePath, type ResourcePath } from './resource.ts';
import * as status from './status.ts';
import { parseVersion, parseWatch, selectedName } from './watch-request.ts';

/** Answers requests as kube-apiserver does. It has no sockets. */
export class RequestHandler {
  readonly access: Access;
  readonly #store: ObjectStore;

  constructor(store: ObjectStore, lock: LockObject) {
    this.#store = store;
    this.access = new Access(lock);
  }

  /** Does what `request` asks for and returns the answer. */
  answer(request: ApiRequest): ApiAnswer {
    try {
      return this.#answer(request);
    } catch (error) {
      if (error instanceof status.ApiFailure) return { code: error.code, body: error.status };
      throw error;
    }
  }

  #answer(request: ApiRequest): ApiAnswer {
    const { authorization, caller, isReadOnly, method, url } = request;
    const query = url.searchParams;
    const path = parsePath(url.pathname);
    if (path === undefined) throw status.unknownPath();
    const verb = verbOf(method, path, query);
    if (verb === undefined) throw status.methodNotAllowed();
    const name = path.name ?? (verb === 'create' ? undefined : selectedName(query));
    this.access.require({ authorization, caller, name, path, verb });
    if (verb === 'watch') return { watch: { ...parseWatch(query), path, name } };
    if (name === undefined && verb !== 'create') throw status.methodNotAllowed();
    if (verb === 'get') return this.#get(path, name ?? '', parseVersion(query));
    if (isReadOnly) throw status.unavailable();
    return this.#write(verb, path, name ?? '', request.body);
  }

  #get({ namespace, resource }: ResourcePath, name: string, version = 0n): ApiAnswer {
    if (version > this.#store.version) throw status.notReached(version, this.#store.version);
    const body = this.#store.get(resource, namespace, name);
    if (body === undefined) throw status.notFound(resource, name);
    return { code: 200, body };
  }

  #write(verb: Verb, { namespace, resource }: ResourcePath, name: string, body: string): ApiAnswer {
    if (verb === 'delete') {
      const { metadata } = this.#store.delete(resource, namespace, name);
      return { code: 200, body: status.deleted(resource, name, metadata.uid) };
    }
    const sent = parseObject(body, resource.kind);
    const { resourceVersion } = sent.metadata;
    const named = sent.metadata.name ?? name;
    if (named === '') throw status.badRequest('name is required');
    if (verb === 'update') {
      if (named !== name)
        throw status.badRequest(`the name of the object (${named}) does not match the name on the URL (${name})`);
      return { code: 200, body: this.#store.replace(resource, namespace, name, sent) };
    }
    if (resourceVersion !== undefined && resourceVersion !== '') {
      throw status.badRequest('resourceVersion should not be set on objects to be created');
    }
    return { code: 201, body: this.#store.create(resource, namespace, named, sent) };
  }
}

function verbOf(method: string, { name }: ResourcePath, query: URLSearchParams): Verb | undefined {
  const watches = query.get('watch') === 'true' || query.get('watch') === '1';
  switch (method) {
    case 'GET':
      if (watches) return 'watch';
      return name === undefined ? 'list' : 'get';
    case 'POST':
      return name === undefined ? 'create' : undefined;
    case 'PUT':
      return name === undefined ? undefined : 'update';
    case 'DELETE':
      return name === undefined ? undefined : 'delete';
    default:
      return undefined;
  }
}

function parseObject(body: string, kind: string): SentObject {
  let sent: unknown;
  try {
    sent = JSON.parse(body);
  } catch {
    // The same error as for JSON that is not an object.
  }
  if (isSentObject(sent) && (sent.kind === undefined || sent.kind === kind)) return sent;
  throw status.badRequest(`the object provided is unrecognized (must be of type ${kind})`);
}
