import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { invalidOption, isLoopback } from '@cluster-leader/core/adapter-kit';

/** How to reach the API server; inside a pod nothing needs to be given. */
export interface ApiAccess {
  /**
   * The address of the API server. Default `$CLUSTER_LEADER_API_SERVER`, else that of the cluster this pod runs in. Plain
   * http is accepted on loopback only, as for `kubectl proxy`.
   */
  readonly server?: string | URL | undefined;
  /**
   * The bearer token, or a function that returns it and is called for each request. Default inside a cluster: the token of
   * the pod's service account, read from its file for each request because it rotates.
   */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** The CA of the API server's certificate, in PEM. Default inside a cluster: that of the pod's service account. */
  readonly ca?: string | Uint8Array | undefined;
}

/** An API server, and what proves it and this pod to one another. */
export interface ResolvedAccess {
  readonly server: URL;
  readonly token: () => Promise<string | undefined>;
  readonly ca: () => string | Uint8Array | undefined;
}

/** Environment variables, as in `process.env`; an empty one counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where Kubernetes mounts token, CA and namespace of a pod's service account. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the API server: the option, else `$CLUSTER_LEADER_API_SERVER`, else the cluster's own; undefined outside of one.
 *
 * Throws ERR_INVALID_OPTION naming option or variable, value and rule. The token of the service account is only ever sent
 * to the server of its own cluster.
 */
export function resolveAccess(options: ApiAccess, env: Environment, folder: string): ResolvedAccess | undefined {
  const { server: option, token, ca } = options;
  if (token !== undefined && typeof token !== 'function' && (typeof token !== 'string' || token === '')) {
    throw invalidOption('token', typeof token, 'a text that is not empty, or a function that returns one');
  }
  if (ca !== undefined && typeof ca !== 'string' && !(ca instanceof Uint8Array)) {
    throw invalidOption('ca', ca, 'a certificate in PEM, as a text or as bytes');
  }
  const { CLUSTER_LEADER_API_SERVER: variable } = env;
  const given = option ?? (variable || undefined);
  if (given !== undefined) {
    const server = serverUrl(option === undefined ? '$CLUSTER_LEADER_API_SERVER' : 'server', given);
    return { server, token: async () => (typeof token === 'function' ? token() : token), ca: () => ca };
  }
  const server = clusterServer(env);
  if (server === undefined) return undefined;
  return {
    server,
    async token() {
      if (token !== undefined) return typeof token === 'function' ? token() : token;
      return (await readFile(join(folder, 'token'), 'utf8')).trim();
    },
    ca: () => ca ?? readFileSync(join(folder, 'ca.crt')),
  };
}

/** The namespace: the option, else `$MY_POD_NAMESPACE`, else `$POD_NAMESPACE`, else that of the service account, else `default`. */
export function resolveNamespace(option: unknown, env: Environment, folder: string): string {
  if (option !== undefined) {
    if (typeof option === 'string' && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(option)) return option;
    throw invalidOption('namespace', option, 'the name of a namespace');
  }
  const variable = env['MY_POD_NAMESPACE'] || env['POD_NAMESPACE'];
  if (variable) return variable;
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8').trim() || 'default';
  } catch {
    return 'default'; // no service account is mounted
  }
}

function clusterServer(env: Environment): URL | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (!host) return undefined;
  const url = URL.parse(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
  if (url === null) {
    throw invalidOption(
      '$KUBERNETES_SERVICE_HOST',
      `${host}:${port}`,
      'the address of the API server, as Kubernetes sets it',
    );
  }
  return url;
}

function serverUrl(name: string, value: unknown): URL {
  const url = value instanceof URL ? value : typeof value === 'string' ? URL.parse(value) : null;
  const hasCredentials = url !== null && (url.username !== '' || url.password !== '');
  if (url !== null && !hasCredentials) {
    if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return url;
  }
  const shown = hasCredentials ? 'a URL with credentials' : value instanceof URL ? value.href : value;
  throw invalidOption(name, shown, 'an https URL, or an http URL on loopback, without user name and password');
}
