import { RESOURCES, type LockObject } from './lock-object.ts';

interface ServiceAccount {
  readonly name: string;
  readonly namespace: string;
}

/** The Role and RoleBinding, in YAML, that let a service account read this object and watch it. */
function roleFor({ kind, namespace, name }: LockObject, account: ServiceAccount): string {
  const { group, plural } = RESOURCES[kind];
  const metadata = `metadata: { name: ${name}-lock-reader, namespace: ${namespace} }`;
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    metadata,
    'rules:',
    `  - { apiGroups: ['${group}'], resources: [${plural}], resourceNames: [${name}], verbs: [get, watch] }`,
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    metadata,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name}-lock-reader }`,
    `subjects: [{ kind: ServiceAccount, name: ${account.name}, namespace: ${account.namespace} }]`,
  ].join('\n');
}

/** The error for a 403, with the Role to apply. The answer names the service account of the token. */
export function forbiddenError(lock: LockObject, answer: string): Error {
  const [, namespace = lock.namespace, name = 'default'] =
    /system:serviceaccount:([-a-z0-9.]+):([-a-z0-9.]+)/.exec(answer) ?? [];
  const role = roleFor(lock, { name, namespace });
  return new Error(`The service account ${name} in namespace ${namespace} may not read it (403). Apply:\n${role}`);
}
