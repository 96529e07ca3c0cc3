import type { ClusterLeader } from '@cluster-leader/core';

/** An adapter in its host, with jobs, as a test of the contract uses it. */
export interface MountedAdapter {
  /** Makes the host start each job once, and settles when every job has ended or was skipped. May reject with a job's error. */
  tick(): Promise<void>;
  /** Ends the jobs and everything else that the adapter and its host hold. */
  close(): Promise<void>;
}

/** Creates `jobs` jobs in the host, each of which calls `work` and is gated by `leader`. */
export type MountAdapter = (
  leader: ClusterLeader,
  work: () => unknown,
  jobs: number,
) => MountedAdapter | Promise<MountedAdapter>;

/** Passes an adapter to `use` and closes it afterwards, even if `use` rejects. */
export async function withAdapter(
  adapter: MountedAdapter | Promise<MountedAdapter>,
  use: (adapter: MountedAdapter) => Promise<void>,
): Promise<void> {
  const mounted = await adapter;
  try {
    await use(mounted);
  } finally {
    await mounted.close();
  }
}
