import type { Environment } from './endpoint.ts';
import { invalidOption } from '../errors.ts';

/** The names by which an answer may call this pod, and a warning if they are doubtful. */
export interface Identity {
  readonly names: readonly string[];
  readonly warning?: string;
}

/** Kubernetes truncates a pod's name to this many characters to make its hostname. */
const LONGEST_HOSTNAME = 63;

/**
 * Finds this pod's names: the option, else `$MY_POD_NAME` or `$POD_NAME`, else the hostname of the kernel.
 *
 * Env HOSTNAME is not read, because images overwrite it. Beside a pod name the hostname counts only if it is that name with
 * a domain: with hostNetwork, a shared `spec.hostname` or a truncated name it would elect several pods.
 */
export function resolveIdentity(option: unknown, env: Environment, hostname: string): Identity {
  if (option !== undefined) {
    const names: unknown[] = Array.isArray(option) ? option : [option];
    if (names.length === 0) throw invalidOption('identity', option, 'a name or a list of at least one');
    return { names: names.map((name) => validName('identity', name)) };
  }
  const variable = ['MY_POD_NAME', 'POD_NAME'].find((name) => Boolean(env[name]));
  if (variable === undefined) return identityOfHostname(hostname);
  const podName = validName(`$${variable}`, env[variable]);
  if (hostname === podName) return { names: [podName] };
  if (hostname.startsWith(`${podName}.`)) return { names: [podName, hostname] };
  const difference = isTruncatedName(podName, hostname)
    ? `is $${variable} "${podName}" truncated, which other pods may share`
    : `differs from $${variable} "${podName}"`;
  return {
    names: [podName],
    warning:
      `the hostname "${hostname}" ${difference}, so it does not count as a name of this pod. ` +
      `Start the sidecar with --id=$(${variable}), or set the option identity to what its answers call this pod.`,
  };
}

function identityOfHostname(hostname: string): Identity {
  const names = [validName('the hostname', hostname)];
  if (hostname.length < LONGEST_HOSTNAME - 1) return { names }; // a trailing dash or dot is removed
  const warning =
    `the hostname "${hostname}" may be a truncated pod name, which other pods may share. Set $MY_POD_NAME from ` +
    'metadata.name for the app, and start the sidecar with --id=$(MY_POD_NAME).';
  return { names, warning };
}

/**
 * Whether `hostname` is `podName` as Kubernetes truncates it: after 63 characters, without a dot or dash at the end.
 *
 * Pods whose names differ only after that share such a hostname.
 */
export function isTruncatedName(podName: string, hostname: string): boolean {
  if (podName.length <= LONGEST_HOSTNAME) return false;
  const cut = podName.slice(0, LONGEST_HOSTNAME);
  return hostname === cut || hostname === cut.replace(/[-.]+$/, '');
}

/** A name that every pod could share, such as an unexpanded `$(hostname)`, would elect them all. */
function validName(source: string, name: unknown): string {
  const isShared = typeof name === 'string' && /^localhost(\.localdomain)?$/i.test(name);
  if (typeof name === 'string' && /^[^\s$]+$/.test(name) && !isShared) return name;
  throw invalidOption(
    source,
    name,
    'a name that is not empty and has neither white space nor "$" in it, other than localhost',
  );
}
