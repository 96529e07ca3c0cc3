import { ClusterLeaderService } from '@cluster-leader/core';
import { resolveTiming } from '@cluster-leader/core/adapter-kit';
import { leaseVariable } from '../../command-line/option-values.ts';

/** The settings as the library reads them. */
export interface Settings {
  readonly url: string;
  readonly identity: readonly string[];
  readonly mode: string;
  /** The lease that the app declares, as an option or in `$CLUSTER_LEADER_LEASE`. */
  readonly leaseDurationMs: number;
}

/** Reads the settings from the environment as the library does; rejects with its error if it refuses them. */
export async function readSettings(leaseDurationMs: number | undefined): Promise<Settings> {
  // The findings describe what the library would warn of.
  const options = { leaseDurationMs, logger: {} };
  // Checks the address of the event stream too; a service that is not used opens no connection.
  void new ClusterLeaderService(options);
  const service = new ClusterLeaderService({ ...options, eventsUrl: false });
  const { url, identity, mode } = service.status();
  await service.close();
  return { url, identity, mode, ...resolveTiming({ leaseDurationMs }, leaseVariable()) };
}
