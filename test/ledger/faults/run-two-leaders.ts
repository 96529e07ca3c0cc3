import { Cluster, type ClusterOptions } from './cluster.ts';
import type { Tally } from './tally.ts';

/** Runs two replicas that lead at once for as many slots, and resolves with what their job has done. */
export async function runTwoLeaders(options: ClusterOptions, slots: number): Promise<Tally> {
  const cluster = await new Cluster(options).prepare();
  try {
    const replicas = await Promise.all([cluster.start('pod-1'), cluster.start('pod-2')]);
    await Promise.all(replicas.map((replica) => replica.elect()));
    const lastMs = (await cluster.next('began')) + (slots - 1) * 1_000;
    await cluster.untilCovered(lastMs);
    return await cluster.outcome(lastMs);
  } finally {
    await cluster.end();
  }
}
