import cluster from 'node:cluster';
import { hostname } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { parseAnswer, type ParseAnswer } from '../belief/answer.ts';
import { isLoopback, resolveEventsUrl, resolveUrl, type Environment } from './endpoint.ts';
import { invalidOption } from '../errors.ts';
import { resolveIdentity } from './identity.ts';
import { ownOptions, requireKnownOptions } from './known-options.ts';
import type { LeaderOptions } from '../leadership/leader-options.ts';
import { WHEN_UNREACHABLE, type LockRules, type WhenUnreachable } from '../lock/lock-belief.ts';
import type { LockRecordReader } from '../lock/lock-record.ts';
import { parseDuration, resolveTiming, type Timing } from './timing.ts';

/** The source of the standing: the sidecar, or a constant for development and tests. */
export type Mode = 'sidecar' | 'always' | 'never';

/** Options of the service; inside a pod none is needed. Settings that contradict each other throw ERR_INVALID_OPTION. */
export interface ClusterLeaderOptions extends LeaderOptions {
  /** The address at which the sidecar answers. Default `$ELECTOR_GET_URL`, else `$ELECTOR_PATH`, else `http://127.0.0.1:4040/`. */
  readonly url?: string | URL | undefined;
  /** The sidecar's event stream, which makes news faster. Default `$ELECTOR_SSE_URL`; `false` turns it off. */
  readonly eventsUrl?: string | URL | false | undefined;
  /** The name, or names, by which the sidecar's answers call this pod. Default `$MY_POD_NAME`, else `$POD_NAME`, else the hostname. */
  readonly identity?: string | readonly string[] | undefined;
  /** Reads an answer of another form. Default: `name`, else `leader`, and `is_leader` if present. */
  readonly parse?: ParseAnswer | undefined;
  /**
   * Default `$CLUSTER_LEADER_MODE`, else `'sidecar'`. `'always'` leads without asking, for development on one replica;
   * from the environment it throws inside a cluster.
   */
  readonly mode?: Mode | undefined;
  /**
   * The lease that the sidecar runs with, in milliseconds; the other times derive from it. Default `$CLUSTER_LEADER_LEASE`
   * (such as `15s`), else 10 000.
   */
  readonly leaseDurationMs?: number | undefined;
  /** An answer this old or older is never believed. Default the lesser of 3 000 and 0.4 x lease; at most half the lease. */
  readonly maxAgeMs?: number | undefined;
  /** After a gap between answers a claim is believed once it has held this long. Default one lease; 0 turns it off. */
  readonly settleMs?: number | undefined;
  /** How often the sidecar is asked, +-10 %. Default a quarter of `maxAgeMs`; at most a third. */
  readonly pollIntervalMs?: number | undefined;
  /** The limit of one attempt. Default the lesser of 500 and a quarter of `checkTimeoutMs`. */
  readonly requestTimeoutMs?: number | undefined;
  /** The limit of one check with its retries. Default the lesser of 2 000 and half of `maxAgeMs`; below `maxAgeMs`. */
  readonly checkTimeoutMs?: number | undefined;
  /**
   * Reads the lock record, such as `kubernetesLock()` of `@cluster-leader/kubernetes`: a claim of the sidecar is believed
   * only while the record confirms it, and terms have a fencing token. Closed with the service; not used with another `mode`
   * than `'sidecar'`. By default the sidecar is
   * believed alone.
   */
  readonly lockRecord?: LockRecordReader | undefined;
  /**
   * What a claim is worth while the lock record cannot be read and its last confirmation is too old. Default `'demote'`:
   * nobody leads; `'trust-sidecar'` for a record that its sidecar never renews (nais).
   */
  readonly whenUnreachable?: WhenUnreachable | undefined;
}

/** The options with every default in its place. */
export interface ResolvedOptions {
  readonly url: URL;
  readonly eventsUrl: URL | undefined;
  readonly identity: readonly string[];
  readonly parse: ParseAnswer;
  readonly mode: Mode;
  readonly timing: Timing;
  /** The option, else the name of the lock. */
  readonly election: string | undefined;
  readonly lock: { readonly reader: LockRecordReader; readonly rules: LockRules } | undefined;
  /** Settings that are allowed but probably wrong. */
  readonly warnings: readonly string[];
  /** Added to the warning that no sidecar answers: outside of Kubernetes there usually is none. */
  readonly hint: string;
}

const LAPTOP_HINT =
  ' This process does not run in Kubernetes: start it by "npx @cluster-leader/cli dev -- node app.mjs", which brings ' +
  'sidecars along, or set CLUSTER_LEADER_MODE=always.';

const OPTIONS: Readonly<Record<keyof ClusterLeaderOptions, true>> = {
  url: true,
  eventsUrl: true,
  identity: true,
  parse: true,
  mode: true,
  leaseDurationMs: true,
  maxAgeMs: true,
  settleMs: true,
  pollIntervalMs: true,
  requestTimeoutMs: true,
  checkTimeoutMs: true,
  lockRecord: true,
  whenUnreachable: true,
  onUnknown: true,
  logger: true,
  election: true,
};

/** Fills in the defaults and refuses what cannot work: throws ERR_INVALID_OPTION naming option or variable, value and rule. */
export function resolveOptions(given: ClusterLeaderOptions, environment: Environment = process.env): ResolvedOptions {
  const options = requireKnownOptions(given, Object.keys(OPTIONS));
  const env = ownOptions(environment);
  const { parse = parseAnswer } = options;
  if (typeof parse !== 'function') throw invalidOption('parse', parse, 'a function');
  const url = resolveUrl(options.url, env);
  const eventsUrl = resolveEventsUrl(options.eventsUrl, env);
  const mode = resolveMode(options.mode, env);
  // Without a sidecar, no answer is compared with the name.
  const identity =
    mode === 'sidecar' || options.identity !== undefined
      ? resolveIdentity(options.identity, env, hostname())
      : { names: [env['MY_POD_NAME'] || env['POD_NAME'] || hostname()] };
  const { CLUSTER_LEADER_LEASE: lease } = env;
  const timing = resolveTiming(options, lease ? parseDuration('$CLUSTER_LEADER_LEASE', lease) : undefined);
  const lock = resolveLock(options, { env, url, identity: identity.names, timing });
  const election = options.election ?? lock?.reader.name;
  const warnings = mode === 'always' ? ["mode is 'always': this process leads without asking the sidecar."] : [];
  if (mode === 'sidecar') {
    if (identity.warning !== undefined) warnings.push(identity.warning);
    if (!isLoopback(url)) warnings.push(`${url.href} is not on loopback: whatever answers there decides who leads.`);
    if (env['CLUSTER_LEADER_LOCK'] && lock === undefined) {
      warnings.push(
        '$CLUSTER_LEADER_LOCK is set, but nothing reads the lock record: pass lockRecord: kubernetesLock() of ' +
          '@cluster-leader/kubernetes.',
      );
    }
    if (sharesPodName(env)) {
      warnings.push(
        'several processes or threads of this pod share its name, so all of them lead at once: gate work in one of them.',
      );
    }
  }
  const hint = mode === 'sidecar' && !env['KUBERNETES_SERVICE_HOST'] ? LAPTOP_HINT : '';
  return { url, eventsUrl, identity: identity.names, parse, mode, timing, election, lock, warnings, hint };
}

function resolveLock(
  { lockRecord, whenUnreachable }: ClusterLeaderOptions,
  { env, url, identity, timing }: Pick<ResolvedOptions, 'url' | 'identity' | 'timing'> & { env: Environment },
): ResolvedOptions['lock'] {
  if (whenUnreachable !== undefined && !WHEN_UNREACHABLE.includes(whenUnreachable)) {
    throw invalidOption('whenUnreachable', whenUnreachable, `'demote' or 'trust-sidecar'`);
  }
  if (lockRecord === undefined) {
    if (whenUnreachable === undefined) return undefined;
    throw invalidOption('whenUnreachable', whenUnreachable, 'left out unless lockRecord is given');
  }
  if (!isReader(lockRecord)) {
    throw invalidOption('lockRecord', lockRecord, 'a reader with the methods read and close, such as kubernetesLock()');
  }
  const rules: LockRules = {
    identity,
    podUid: env['MY_POD_UID'] || env['POD_UID'] || undefined,
    leaseDurationMs: timing.leaseDurationMs,
    sharesClock: isLoopback(url),
    whenUnreachable,
  };
  return { reader: lockRecord, rules };
}

function isReader(value: unknown): value is LockRecordReader {
  if (typeof value !== 'object' || value === null || !('read' in value) || !('close' in value)) return false;
  return typeof value.read === 'function' && typeof value.close === 'function';
}

/** Whether other processes or threads like this one probably run in the pod. PM2 runs even a single process as a worker. */
function sharesPodName(env: Environment): boolean {
  if (!isMainThread) return true;
  if (env['pm_id'] === undefined) return cluster.isWorker;
  return Number(env['instances'] ?? 1) !== 1 || Number(env['NODE_APP_INSTANCE'] ?? 0) > 0;
}

function resolveMode(option: unknown, env: Environment): Mode {
  const { CLUSTER_LEADER_MODE: variable, KUBERNETES_SERVICE_HOST: inCluster } = env;
  const fromEnv = option === undefined && Boolean(variable);
  const name = fromEnv ? '$CLUSTER_LEADER_MODE' : 'mode';
  const mode = option === undefined ? variable || 'sidecar' : option;
  if (mode !== 'sidecar' && mode !== 'always' && mode !== 'never') {
    throw invalidOption(name, mode, `'sidecar', 'always' or 'never'`);
  }
  if (mode === 'always' && fromEnv && inCluster) {
    throw invalidOption(name, mode, `'sidecar' or 'never' inside a cluster, or every replica would lead`);
  }
  return mode;
}
