import type { LockRecord, LockRecordReader } from '@cluster-leader/core';
import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import {
  resolveAccess,
  resolveNamespace,
  SERVICE_ACCOUNT,
  type ApiAccess,
  type Environment,
} from '../access/api-access.ts';
import { ApiClient } from '../access/api-client.ts';
import { closedError, outsideError, statusError } from '../access/api-errors.ts';
import { forbiddenError, type Grant } from '../access/role.ts';
import { describe, parseRecord, pathOf, RESOURCES, type LockKind, type LockObject } from './lock-object.ts';
import { watchLock } from './lock-stream.ts';

/** Which object is the lock, and how to reach the API server. Inside a pod with `$CLUSTER_LEADER_LOCK`, none is needed. */
export interface KubernetesLockOptions extends ApiAccess {
  /** What the sidecars lock on. Default the first part of `$CLUSTER_LEADER_LOCK`, such as `lease/my-app`. */
  readonly kind?: LockKind | undefined;
  /** The name of the object, which is that of the election. Default the second part of `$CLUSTER_LEADER_LOCK`. */
  readonly name?: string | undefined;
  /** Default `$MY_POD_NAMESPACE`, else `$POD_NAMESPACE`, else that of the pod's service account. */
  readonly namespace?: string | undefined;
}

const OPTIONS: Readonly<Record<keyof KubernetesLockOptions, true>> = {
  kind: true,
  name: true,
  namespace: true,
  server: true,
  token: true,
  ca: true,
};

/**
 * Creates a reader of the lock record for the option `lockRecord` of `ClusterLeaderService`, which closes it.
 *
 * Throws ERR_INVALID_OPTION naming option or variable, value and rule. If the environment names no lock, or no API server
 * outside of a cluster, each reading fails and says so, and nobody leads. It can be used again after it was closed, since
 * several apps of one process may share it.
 *
 * @example
 * const leader = new ClusterLeaderService({ lockRecord: kubernetesLock({ kind: 'Lease', name: 'my-app' }) });
 */
export function kubernetesLock(options: KubernetesLockOptions = {}): LockRecordReader {
  return createLock(options, process.env, SERVICE_ACCOUNT);
}

/** {@link kubernetesLock} with another environment and another folder of the service account. */
export function createLock(given: KubernetesLockOptions, env: Environment, folder: string): LockRecordReader {
  const options = requireKnownOptions(given, Object.keys(OPTIONS));
  const namespace = resolveNamespace(options.namespace, env, folder);
  const object = resolveObject(options, env);
  const access = resolveAccess(options, env, folder);
  if (object === undefined) return unreadable(unnamedError);
  const lock = { ...object, namespace };
  const names = { name: lock.name, description: describe(lock) };
  if (access === undefined) return { ...names, ...unreadable(outsideError) };
  let client = new ApiClient(access);
  let closing = new AbortController();
  return {
    ...names,
    read: (signal) => readRecord(client, lock, AbortSignal.any([signal, closing.signal])),
    watch(onChange) {
      const ending = new AbortController();
      void watchLock(client, lock, onChange, AbortSignal.any([ending.signal, closing.signal]));
      return () => ending.abort();
    },
    async close() {
      const closed = client;
      closing.abort(closedError());
      closing = new AbortController();
      client = new ApiClient(access);
      await closed.close();
    },
  };
}

/** A reader that says why it cannot read: an app that is imported by a test or a script must not fail for it. */
function unreadable(reason: () => Error): LockRecordReader {
  return { read: () => Promise.reject(reason()), close: async () => {} };
}

function unnamedError(): Error {
  return new Error(
    '$CLUSTER_LEADER_LOCK is not set. Set it to a kind and a name, such as lease/my-app, or give both as options.',
  );
}

async function readRecord(client: ApiClient, lock: LockObject, signal: AbortSignal): Promise<LockRecord | undefined> {
  const { status, body } = await client.get(pathOf(lock), signal);
  if (status === 404) return undefined;
  if (status === 403) throw forbiddenError(grantFor(lock), body);
  if (status !== 200) throw statusError(status);
  try {
    return parseRecord(lock.kind, JSON.parse(body));
  } catch (cause) {
    throw new Error(`${describe(lock)} is not the lock of a sidecar. See that kind and name are right.`, { cause });
  }
}

/** Reading this object and watching it. */
function grantFor({ kind, name, namespace }: LockObject): Grant {
  const { group, plural } = RESOURCES[kind];
  const rule = `{ apiGroups: ['${group}'], resources: [${plural}], resourceNames: [${name}], verbs: [get, watch] }`;
  return { role: `${name}-lock-reader`, namespace, rules: [rule] };
}

function resolveObject(
  { kind, name }: KubernetesLockOptions,
  { CLUSTER_LEADER_LOCK: variable }: Environment,
): Omit<LockObject, 'namespace'> | undefined {
  if (kind === undefined && name === undefined) return variable ? objectFrom(variable) : undefined;
  if (kind === undefined || !Object.hasOwn(RESOURCES, kind)) {
    throw invalidOption('kind', kind, `one of ${Object.keys(RESOURCES).join(', ')}`);
  }
  if (typeof name !== 'string' || !isObjectName(name)) throw invalidOption('name', name, 'the name of the lock object');
  return { kind, name };
}

function objectFrom(variable: string): Omit<LockObject, 'namespace'> {
  const [prefix = '', name = '', ...rest] = variable.split('/');
  const kind = KINDS.find((one) => one.toLowerCase() === prefix.toLowerCase());
  if (kind !== undefined && isObjectName(name) && rest.length === 0) return { kind, name };
  throw invalidOption(
    '$CLUSTER_LEADER_LOCK',
    variable,
    'a kind and a name, such as lease/my-app, unless the options kind and name are given',
  );
}

const KINDS: readonly LockKind[] = ['Lease', 'Endpoints', 'ConfigMap'];

/** Whether Kubernetes accepts it as the name of an object. */
function isObjectName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name);
}
