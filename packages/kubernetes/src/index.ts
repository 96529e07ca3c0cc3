export type { ApiAccess } from './access/api-access.ts';
export { kubernetesLock, type KubernetesLockOptions } from './lock/kubernetes-lock.ts';
export type { LockKind } from './lock/lock-object.ts';
export { configMapStore, type ConfigMapStoreOptions } from './store/config-map-store.ts';
