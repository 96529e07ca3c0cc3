import { createHash } from 'node:crypto';
import type { RunStore } from '@cluster-leader/ledger';
import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import {
  resolveAccess,
  resolveNamespace,
  SERVICE_ACCOUNT,
  type ApiAccess,
  type Environment,
} from '../access/api-access.ts';
import { ApiClient } from '../access/api-client.ts';
import { outsideError } from '../access/api-errors.ts';
import { claim, release } from './claim.ts';
import { ConfigMap } from './config-map.ts';
import { beat, finish, interrupted, takeOver } from './outcome.ts';
import { prune } from './room.ts';
import { listJobs, register, selectRuns, settle, unclaimed } from './settle.ts';
import { SharedDocument, type Verb } from './shared-document.ts';
import { WriteBudget } from './write-budget.ts';

/** Which ConfigMaps hold the runs, and how to reach the API server. Inside a pod, none is needed. */
export interface ConfigMapStoreOptions extends ApiAccess {
  /** The beginning of the names of the ConfigMaps; the ledger's namespace follows after a dot. Default `cluster-leader-runs`. */
  readonly name?: string | undefined;
  /** Default `$MY_POD_NAMESPACE`, else `$POD_NAMESPACE`, else that of the pod's service account. */
  readonly namespace?: string | undefined;
}

const OPTIONS: Readonly<Record<keyof ConfigMapStoreOptions, true>> = {
  name: true,
  namespace: true,
  server: true,
  token: true,
  ca: true,
};

const WRITES_PER_MINUTE = 30;

/**
 * Creates a store for `RunLedger` in the API server of Kubernetes, for those without a database: one ConfigMap for each
 * namespace of jobs.
 *
 * At most 100 jobs, slots of a minute and more, 30 writes a minute and process, 256 KiB; what exceeds them is refused.
 * Without room it keeps only the last runs of each job. It records no terms and no skips. Its clock is the `Date` header of
 * the API server, to the second. Throws ERR_INVALID_OPTION naming option or variable, value and rule.
 *
 * @example
 * const ledger = new RunLedger({ namespace: 'billing', store: configMapStore() });
 */
export function configMapStore(options: ConfigMapStoreOptions = {}): RunStore {
  return createStore(options, process.env, SERVICE_ACCOUNT, WRITES_PER_MINUTE);
}

/** {@link configMapStore} with another environment, another folder of the service account, and another limit. */
export function createStore(
  given: ConfigMapStoreOptions,
  env: Environment,
  folder: string,
  writesPerMinute: number,
): RunStore {
  const options = requireKnownOptions(given, Object.keys(OPTIONS));
  const { name = 'cluster-leader-runs' } = options;
  if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9]{0,98}[a-z0-9])?$/.test(name)) {
    throw invalidOption('name', name, 'the beginning of the name of a ConfigMap: at most 100 of a-z, 0-9 and -');
  }
  const namespace = resolveNamespace(options.namespace, env, folder);
  const access = resolveAccess(options, env, folder);
  const client = access && new ApiClient(access);
  const budget = new WriteBudget(writesPerMinute);
  const documents = new Map<string, SharedDocument>();

  async function call<T>(jobNamespace: string, verb: Verb<T>): Promise<T> {
    if (client === undefined) throw outsideError();
    let document = documents.get(jobNamespace);
    if (document === undefined) {
      document = new SharedDocument(new ConfigMap(client, namespace, `${name}.${suffixOf(jobNamespace)}`), budget);
      documents.set(jobNamespace, document);
    }
    return document.call(verb);
  }

  return {
    async migrate() {}, // the first write creates the ConfigMap
    register: async (jobNamespace, jobs) =>
      jobs.length === 0 ? [] : call(jobNamespace, (document, nowMs) => register(document, nowMs, jobs)),
    claim: async (holder, claims, limits) =>
      claims.length === 0
        ? []
        : call(holder.namespace, (document, nowMs) => claim(document, nowMs, holder, claims, limits)),
    async release(holder, slots) {
      if (slots.length > 0) await call(holder.namespace, (document) => release(document, holder, slots));
    },
    finish: async (holder, ends) =>
      ends.length === 0 ? [] : call(holder.namespace, (document, nowMs) => finish(document, nowMs, holder, ends)),
    unclaimed: async (jobNamespace, asked) =>
      asked.length === 0 ? [] : call(jobNamespace, (document) => unclaimed(document, asked)),
    settle: async (jobNamespace, settlements) =>
      settlements.length === 0 ? [] : call(jobNamespace, (document) => settle(document, settlements)),
    beat: (holder, expiryMs) =>
      call(holder.namespace, (document, nowMs) => {
        return { now: new Date(nowMs), lapsed: beat(document, nowMs, holder, expiryMs) };
      }),
    interrupted: (jobNamespace, query) => call(jobNamespace, (document, nowMs) => interrupted(document, nowMs, query)),
    takeOver: (holder, run, expiryMs) =>
      call(holder.namespace, (document, nowMs) => takeOver(document, nowMs, holder, run, expiryMs)),
    async note() {}, // a ConfigMap has no room for it
    prune: (jobNamespace, retentionMs) => call(jobNamespace, (document, nowMs) => prune(document, nowMs - retentionMs)),
    runs: (jobNamespace, query) => call(jobNamespace, (document) => selectRuns(document, query)),
    terms: async () => [],
    skips: async () => [],
    jobs: (jobNamespace) => call(jobNamespace, listJobs),
    async close() {
      await client?.close();
    },
  };
}

/** A part of an object's name. A namespace of jobs may be any text; those that are no such part are hashed. */
function suffixOf(jobNamespace: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,98}[a-z0-9])?$/.test(jobNamespace)) return jobNamespace;
  return `x.${createHash('sha256').update(jobNamespace).digest('hex').slice(0, 32)}`;
}
