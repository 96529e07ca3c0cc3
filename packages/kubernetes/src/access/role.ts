/** What a service account needs, for one object or a few. */
export interface Grant {
  /** The name of the Role. */
  readonly role: string;
  readonly namespace: string;
  /** The rules, each a line of YAML. */
  readonly rules: readonly string[];
}

/** The error for a 403, with the Role to apply. The answer names the service account of the token. */
export function forbiddenError(grant: Grant, answer: string): Error {
  const [, namespace, name] = /system:serviceaccount:([-a-z0-9.]+):([-a-z0-9.]+)/.exec(answer) ?? [];
  if (namespace === undefined || name === undefined) {
    const [, user = 'this user'] = /User \\?"([^"\\]+)/.exec(answer) ?? [];
    const next =
      user === 'system:anonymous'
        ? 'No token was sent: give the option token, or let the pod mount that of its service account.'
        : `Grant it these rules in namespace ${grant.namespace}: ${grant.rules.join(', ')}`;
    return new Error(`${user} may not do this (403). ${next}`);
  }
  const yaml = roleFor(grant, name, namespace);
  return new Error(`The service account ${name} in namespace ${namespace} may not do this (403). Apply:\n${yaml}`);
}

/** The Role and RoleBinding, in YAML. */
function roleFor({ namespace, role, rules }: Grant, account: string, accountNamespace: string): string {
  const metadata = `metadata: { name: ${role}, namespace: ${namespace} }`;
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    metadata,
    'rules:',
    ...rules.map((rule) => `  - ${rule}`),
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    metadata,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role} }`,
    `subjects: [{ kind: ServiceAccount, name: ${account}, namespace: ${accountNamespace} }]`,
  ].join('\n');
}
