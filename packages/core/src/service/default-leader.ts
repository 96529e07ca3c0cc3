import type { CheckOptions } from '../leadership/cluster-leader.ts';
import { ClusterLeaderService } from './cluster-leader-service.ts';

let service: ClusterLeaderService | undefined;

/**
 * Resolves whether this pod leads, by one service for the whole process, made at the first call from the environment.
 *
 * Rejects with ERR_INVALID_OPTION where an environment variable is wrong; never for the sidecar's sake.
 *
 * @example
 * if (await isLeader()) await sendInvoices();
 */
export async function isLeader(options?: CheckOptions): Promise<boolean> {
  service ??= new ClusterLeaderService();
  return service.isLeader(options);
}
