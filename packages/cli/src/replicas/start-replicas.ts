import { startElection } from '@cluster-leader/testing';
import { claimPorts } from './claimed-ports.ts';
import { ReplicaSet } from './replica-set.ts';
import { requireReplicasOptions, type ReplicasOptions } from './replicas-options.ts';

/**
 * Starts replicas of an app on this machine, each beside a sidecar of its own in one real election on loopback.
 *
 * Each app gets the environment of a pod (`MY_POD_NAME`, `ELECTOR_GET_URL`, and `ELECTOR_SSE_URL` if its sidecar streams),
 * `CLUSTER_LEADER_LEASE`, a `PORT` of its own, and `CLUSTER_LEADER_MODE=sidecar`, even if the caller's mode is another.
 * When an app ends, its sidecar is ended too. When the caller's process ends, for whatever reason, all processes are
 * killed, except those that have left the process group of their app, as daemons do.
 *
 * Rejects with ERR_INVALID_OPTION, or with the reason why an app cannot be started; then nothing is left running.
 *
 * @example
 * ```ts
 * const replicas = await startReplicas({ command: ['node', 'app.js'], onOutput: (name, lines) => console.log(name, lines) });
 * await replicas.replica('pod-1').kill();
 * await replicas.close();
 * ```
 */
export async function startReplicas(options: ReplicasOptions): Promise<ReplicaSet> {
  requireReplicasOptions(options);
  const { replicas: candidates = 3, leaseDurationMs, dialect } = options;
  if (process.platform === 'win32') {
    throw new Error('startReplicas() needs the signals of Linux or macOS. On Windows, run it in WSL.');
  }
  const election = await startElection({ candidates, leaseDurationMs, dialect, processes: true });
  let set: ReplicaSet | undefined;
  try {
    set = new ReplicaSet(election, await claimPorts(candidates), options);
    await set.start();
    return set;
  } catch (error) {
    await (set ?? election).close();
    throw error;
  }
}
