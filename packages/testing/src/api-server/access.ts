import type { LockObject } from '../lock/lock-object.ts';
import { RESOURCES, type ResourcePath } from './resource.ts';
import { forbidden, unauthorized } from './status.ts';

/** Who sends a request: an app, or a sidecar of the election. */
export type Caller = 'app' | 'sidecar';

/** What RBAC calls a request. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete';

/** A request as far as the right to send it is concerned. */
export interface AccessRequest {
  readonly caller: Caller;
  readonly verb: Verb;
  readonly path: ResourcePath;
  /** The name in the path or in a field selector: a Role with resourceNames allows nothing without it. */
  readonly name: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * Who may do what in the API server of an election.
 *
 * An app may get and watch the lock object by its name, and do anything with another ConfigMap whose name it knows. A sidecar
 * may do anything. Nobody may list.
 */
export class Access {
  /** Whether the app has no Role. */
  isForbidden = false;
  /** The only valid token of an app; undefined while any is. */
  token: string | undefined;
  readonly #lock: LockObject;

  constructor(lock: LockObject) {
    this.#lock = lock;
  }

  /** Throws 401 or 403 if the request is not allowed. */
  require(request: AccessRequest): void {
    const { authorization, caller, name, path, verb } = request;
    const deny = (user: string): Error => forbidden(user, verb, path.resource, path.namespace, name);
    if (caller === 'app' && this.token !== undefined) {
      if (authorization === undefined) throw deny('system:anonymous');
      if (authorization !== `Bearer ${this.token}`) throw unauthorized();
    }
    if (!this.#isAllowed(request)) throw deny(`system:serviceaccount:default:${this.#accountOf(caller)}`);
  }

  #isAllowed({ caller, name, path, verb }: AccessRequest): boolean {
    if (verb === 'list') return false;
    if (caller === 'sidecar') return true;
    if (this.isForbidden) return false;
    const { namespace, resource } = path;
    const { kind, ...lock } = this.#lock;
    const isLock = resource.kind === kind && namespace === lock.namespace && name === lock.name;
    if (isLock) return verb === 'get' || verb === 'watch';
    return resource === RESOURCES.ConfigMap && (name !== undefined || verb === 'create');
  }

  #accountOf(caller: Caller): string {
    if (caller === 'sidecar') return 'elector';
    return this.isForbidden ? 'nobody' : 'reader';
  }
}
