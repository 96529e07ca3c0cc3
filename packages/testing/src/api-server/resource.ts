/** One kind of object that the API server keeps. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  /** The plural in paths and messages. */
  readonly plural: string;
  readonly kind: string;
  readonly apiVersion: string;
}

/** Every kind that the API server keeps, all of them in namespaces. */
export const RESOURCES: Readonly<Record<'Lease' | 'Endpoints' | 'ConfigMap' | 'Pod', Resource>> = {
  Lease: {
    group: 'coordination.k8s.io',
    plural: 'leases',
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
  },
  Endpoints: { group: '', plural: 'endpoints', kind: 'Endpoints', apiVersion: 'v1' },
  ConfigMap: { group: '', plural: 'configmaps', kind: 'ConfigMap', apiVersion: 'v1' },
  Pod: { group: '', plural: 'pods', kind: 'Pod', apiVersion: 'v1' },
};

/** What a path names: a collection, or one object in it. */
export interface ResourcePath {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string | undefined;
}

/** Returns what `pathname` names; undefined if the API server serves no such path. */
export function parsePath(pathname: string): ResourcePath | undefined {
  const [, group = '', namespace, plural, name] = PATH.exec(pathname) ?? [];
  const resource = Object.values(RESOURCES).find((known) => known.group === group && known.plural === plural);
  return resource === undefined || namespace === undefined ? undefined : { resource, namespace, name };
}

/** Returns the path of a collection, or of one object in it. */
export function pathOf({ group, plural }: Resource, namespace: string, name?: string): string {
  const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  return `${root}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
}

/** The resource as messages name it, such as `leases.coordination.k8s.io`. */
export function qualifiedName({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

// Names of objects need no escape in a path.
const PATH = /^\/(?:api|apis\/([a-z0-9.-]+))\/v1\/namespaces\/([a-z0-9-]+)\/([a-z]+)(?:\/([a-z0-9.-]+))?$/;
