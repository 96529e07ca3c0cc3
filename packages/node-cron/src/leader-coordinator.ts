import type { ClusterLeader } from '@cluster-leader/core';
import type { RunCoordinator } from 'node-cron';

/**
 * Makes a coordinator by which node-cron runs a tick on the leader alone; elsewhere the task emits `execution:skipped`.
 *
 * A task asks it only where it is `distributed` and has a `name`; `leaderCron` sees to both.
 *
 * @example
 * schedule('0 * * * *', report, { name: 'report', distributed: true, runCoordinator: leaderCoordinator(leader) });
 */
export function leaderCoordinator(leader: ClusterLeader): RunCoordinator {
  return {
    shouldRun: async (name) => (await leader.shouldRun({ name })).run,
  };
}
