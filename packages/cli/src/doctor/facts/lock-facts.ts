import type { LockRecord } from '@cluster-leader/core';
import { withLimit } from '@cluster-leader/core/adapter-kit';
import { kubernetesLock } from '@cluster-leader/kubernetes';

/** What one attempt to read the lock record has shown. */
export type LockFacts =
  | { readonly kind: 'record'; readonly object: string; readonly record: LockRecord; readonly readAt: Date }
  | { readonly kind: 'absent'; readonly object: string }
  /** It could not be read. */
  | { readonly kind: 'unread'; readonly object: string; readonly problem: string }
  /** `kubernetesLock()` refuses the environment. */
  | { readonly kind: 'refused'; readonly problem: string };

const LIMIT_MS = 2_000;

/**
 * Reads the lock record that `$CLUSTER_LEADER_LOCK` names, for at most 2 s. Undefined if it is not set, or if there is no API
 * server to ask. Never rejects.
 */
export async function readLock(env: NodeJS.ProcessEnv): Promise<LockFacts | undefined> {
  const { CLUSTER_LEADER_LOCK, CLUSTER_LEADER_API_SERVER, KUBERNETES_SERVICE_HOST } = env;
  if (!CLUSTER_LEADER_LOCK || !(CLUSTER_LEADER_API_SERVER || KUBERNETES_SERVICE_HOST)) return undefined;
  let reader: ReturnType<typeof kubernetesLock>;
  try {
    reader = kubernetesLock();
  } catch (error) {
    return { kind: 'refused', problem: messageOf(error) };
  }
  const { description: object = CLUSTER_LEADER_LOCK } = reader;
  const end = new AbortController();
  try {
    const reading = reader.read(end.signal);
    await withLimit(reading, LIMIT_MS);
    end.abort(new Error(`There was no response within ${LIMIT_MS / 1_000} s.`));
    const record = await reading;
    return record === undefined ? { kind: 'absent', object } : { kind: 'record', object, record, readAt: new Date() };
  } catch (error) {
    return { kind: 'unread', object, problem: messageOf(error) };
  } finally {
    await reader.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
