import { invalidOption, requireDuration } from '@cluster-leader/core/adapter-kit';
import type { Changes } from '../changes.ts';
import type { ApiPath } from './api-path.ts';
import type { Cluster } from './cluster.ts';

/**
 * The API server of an election, and its faults, which every candidate and every app meets at once.
 *
 * It serves Leases, Endpoints, ConfigMaps and Pods over HTTP, with the answers of a kube-apiserver: get, watch, create,
 * update and delete.
 */
export class ApiServer {
  readonly #cluster: Cluster;
  readonly #changes: Changes;
  readonly #path: ApiPath;

  /** Called by the election. */
  constructor(cluster: Cluster, changes: Changes) {
    this.#cluster = cluster;
    this.#changes = changes;
    this.#path = cluster.addPath('app');
  }

  /**
   * The address, for an app outside the pods of the election; `candidate.apiUrl` is the path of one pod.
   *
   * An app may get and watch the lock object by its name, and do anything with another ConfigMap whose name it knows.
   */
  get url(): string {
    return this.#path.url;
  }

  /** Refuses connections, and ends those that are open, until `start()`. */
  async stop(): Promise<void> {
    await this.#set(() => {
      this.#cluster.condition.isUp = false;
    });
  }

  /** Accepts connections again. The data is the same as before. */
  async start(): Promise<void> {
    await this.#set(() => {
      this.#cluster.condition.isUp = true;
    });
  }

  /** Sends each answer and each event `delayMs` later; 0 ends it. */
  slow(delayMs: number): void {
    if (delayMs !== 0) requireDuration('delayMs', delayMs, ', or 0');
    this.#changes.throwIfClosed();
    this.#cluster.condition.slowMs = delayMs;
  }

  /** Answers reads, and fails each write with 503, until `readOnly(false)`. */
  readOnly(isReadOnly = true): void {
    requireBoolean('isReadOnly', isReadOnly);
    this.#changes.throwIfClosed();
    this.#cluster.condition.isReadOnly = isReadOnly;
  }

  /**
   * Comes back on an empty database: connections end, versions begin anew, and each object gets another uid.
   *
   * Pods keep their uids, since the kubelets register them again.
   */
  async loseData(): Promise<void> {
    this.#changes.throwIfClosed();
    await this.#cluster.loseData();
    this.#changes.notify();
  }

  /** Deletes the lock object, as a person may by mistake. The sidecars create it again. */
  deleteLock(): void {
    this.#changes.throwIfClosed();
    this.#cluster.deleteLock();
  }

  /** Answers the apps with 403, as without a Role, until `forbid(false)`. The sidecars keep their rights. */
  forbid(isForbidden = true): void {
    requireBoolean('isForbidden', isForbidden);
    this.#changes.throwIfClosed();
    this.#cluster.access.isForbidden = isForbidden;
  }

  /** Answers the apps with 401 unless they send this bearer token; without an argument, any token is valid again. */
  requireToken(token?: string): void {
    if (token !== undefined && (typeof token !== 'string' || token === '')) {
      throw invalidOption('token', token === '' ? token : typeof token, 'a non-empty string');
    }
    this.#changes.throwIfClosed();
    this.#cluster.access.token = token;
  }

  async #set(change: () => void): Promise<void> {
    this.#changes.throwIfClosed();
    change();
    await this.#cluster.adjust();
  }
}

function requireBoolean(name: string, value: boolean): void {
  if (typeof value !== 'boolean') throw invalidOption(name, value, 'true or false');
}
