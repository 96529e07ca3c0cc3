import type { ApiObject } from './api-object.ts';
import type { ObjectEvent, ObjectStore } from './object-store.ts';
import type { ResourcePath } from './resource.ts';
import { badRequest, tooOld, type Status } from './status.ts';

/** What a watch reports: one change, or the reason why it cannot go on. */
export type WatchEvent = Pick<ObjectEvent, 'type' | 'object'> | { readonly type: 'ERROR'; readonly object: Status };

/** A watch of a collection, or of the one object in it that a field selector names. */
export interface WatchRequest {
  readonly path: ResourcePath;
  readonly name: string | undefined;
  /** The version after which events are wanted; undefined for the present state first. */
  readonly version: bigint | undefined;
  /** When the watch ends by itself; undefined if never. */
  readonly timeoutMs: number | undefined;
}

/** Returns from when and for how long `query` wants to watch; throws 400 if that makes no sense. */
export function parseWatch(query: URLSearchParams): Pick<WatchRequest, 'version' | 'timeoutMs'> {
  const seconds = query.get('timeoutSeconds');
  if (seconds !== null && !/^\d{1,6}$/.test(seconds)) throw badRequest(`timeoutSeconds: Invalid value: "${seconds}"`);
  return {
    version: parseVersion(query),
    timeoutMs: seconds === null || seconds === '0' ? undefined : Number(seconds) * 1_000,
  };
}

/** Returns the name in a field selector; undefined without one. Throws 400 for any other selector. */
export function selectedName(query: URLSearchParams): string | undefined {
  const selector = query.get('fieldSelector');
  if (selector === null || selector === '') return undefined;
  const [, name] = /^metadata\.name==?([a-z0-9.-]+)$/.exec(selector) ?? [];
  if (name === undefined) throw badRequest(`Unable to find "${selector}" that match label selector`);
  return name;
}

/** Returns the version that `query` names; undefined for none and for 0, which is any. */
export function parseVersion(query: URLSearchParams): bigint | undefined {
  const version = query.get('resourceVersion') ?? '';
  if (version === '' || version === '0') return undefined;
  if (!/^\d{1,19}$/.test(version)) throw badRequest(`resourceVersion: Invalid value: "${version}"`);
  return BigInt(version);
}

/** Sends what has happened before now, and then every change; returns a function that ends it. Undefined if it has ended already. */
export function startWatch(
  store: ObjectStore,
  { name, path, version }: WatchRequest,
  send: (event: WatchEvent) => void,
): (() => void) | undefined {
  const isWatched = ({ kind, metadata }: ApiObject): boolean =>
    kind === path.resource.kind && metadata.namespace === path.namespace && (name ?? metadata.name) === metadata.name;
  const pass = ({ object, type }: Pick<ObjectEvent, 'type' | 'object'>): void => {
    if (isWatched(object)) send({ type, object });
  };
  if (version === undefined) {
    for (const object of store.objects) pass({ type: 'ADDED', object });
  } else if (version < store.oldestVersion) {
    send({ type: 'ERROR', object: tooOld(version, store.oldestVersion).status });
    return undefined;
  } else {
    for (const event of store.eventsAfter(version)) pass(event);
  }
  return store.subscribe(pass);
}
