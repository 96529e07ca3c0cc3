import type { CheckOptions } from '../leadership/cluster-leader.ts';
import { ClusterLeaderService } from './cluster-leader-service.ts';

let service: ClusterLeaderService | undefined;

/**
 * Returns the one service of this process behind the bare `isLeader()`, made at the first call from the environment.
 *
 * Throws ERR_INVALID_OPTION if an environment variable is wrong.
 */
export function defaultLeader(): ClusterLeaderService {
  service ??= new ClusterLeaderService();
  return service;
}

/**
 * Resolves whether this pod leads, by {@link defaultLeader}.
 *
 * Rejects with ERR_INVALID_OPTION if an environment variable is wrong; a sidecar that does not answer never makes it reject.
 *
 * @example
 * if (await isLeader()) await sendInvoices();
 */
export async function isLeader(options?: CheckOptions): Promise<boolean> {
  return defaultLeader().isLeader(options);
}
