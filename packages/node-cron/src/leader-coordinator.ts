import type { ClusterLeader } from '@cluster-leader/core';
import type { RunCoordinator } from 'node-cron';
import { requireLeader } from './require-leader.ts';

/**
 * Makes a coordinator with which node-cron runs a tick on the leader only; elsewhere the task emits `execution:skipped`.
 *
 * It watches the leader from now on. A task asks it only if it is `distributed` and has a `name`; `leaderCron` sets both.
 *
 * @example
 * schedule('0 * * * *', report, { name: 'report', distributed: true, runCoordinator: leaderCoordinator(leader) });
 */
export function leaderCoordinator(leader: ClusterLeader): RunCoordinator {
  requireLeader(leader);
  void leader.standing; // So that the first tick knows of a pause before it.
  return {
    shouldRun: async (key) => (await leader.shouldRun({ name: key.replace(SLOT, '') })).run,
  };
}

/** node-cron's key is the task's name, a colon and the time of the tick. */
const SLOT = /:[^:]+:\d\d:\d\d\.\d+Z$/;
