import { configMapStore } from '@cluster-leader/kubernetes';
import type { OpenedStore } from './opened-store.ts';

/** Opens the ConfigMaps that `configmap` or `configmap/<name>` stands for, as the service account of the pod. */
export function openConfigMap(address: string): OpenedStore {
  const [, name] = /^configmap\/(.*)$/s.exec(address) ?? [];
  const store = configMapStore({ name });
  return { store, close: () => store.close() };
}
