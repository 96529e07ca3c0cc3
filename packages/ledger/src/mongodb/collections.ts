import type { MongoCall } from './call.ts';

export const RUNS = 'cluster_leader_runs';
export const JOBS = 'cluster_leader_jobs';
export const HOLDERS = 'cluster_leader_holders';
export const TERMS = 'cluster_leader_terms';
export const SKIPS = 'cluster_leader_skips';

/** The indices beside those of `_id`, whose fields MongoDB compares as a whole only. */
const INDICES: readonly { collection: string; name: string; key: Readonly<Record<string, 1 | -1>> }[] = [
  { collection: RUNS, name: 'by_slot', key: { '_id.ns': 1, '_id.slot': -1, '_id.job': 1 } },
  { collection: RUNS, name: 'by_state', key: { '_id.ns': 1, state: 1, '_id.slot': 1 } },
  { collection: JOBS, name: 'by_job', key: { '_id.ns': 1, '_id.job': 1 } },
  { collection: HOLDERS, name: 'by_beat', key: { ns: 1, beatAt: 1 } },
  { collection: TERMS, name: 'by_beginning', key: { '_id.ns': 1, '_id.from': -1 } },
  { collection: SKIPS, name: 'by_minute', key: { '_id.ns': 1, '_id.minute': -1 } },
];

/** Creates the indices that are missing, and with them their collections. */
export async function migrate(call: MongoCall): Promise<void> {
  for (const collection of [RUNS, JOBS, HOLDERS, TERMS, SKIPS]) {
    const known = await indexNames(call, collection);
    const missing = INDICES.filter((index) => index.collection === collection && !known.has(index.name));
    if (missing.length === 0) continue;
    const indexes = missing.map(({ name, key }) => ({ name, key }));
    await call.command({ createIndexes: collection, indexes, writeConcern: { w: 'majority' } });
  }
}

const NAMESPACE_NOT_FOUND = 26;

async function indexNames(call: MongoCall, collection: string): Promise<ReadonlySet<unknown>> {
  try {
    return new Set((await call.indices(collection)).map((row) => row['name']));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NAMESPACE_NOT_FOUND) return new Set();
    throw error;
  }
}
