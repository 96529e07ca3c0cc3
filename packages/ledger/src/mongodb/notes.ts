import type { Holder, Notes, SkipQuery, SkipRecord, TermQuery, TermRecord } from '../store/records.ts';
import { LATEST_EFFECT_MS } from '../store/run-store.ts';
import { selectSkips as sumUp } from '../store/select-notes.ts';
import type { MongoCall, Update } from './call.ts';
import { HOLDERS, RUNS, SKIPS, TERMS } from './collections.ts';
import { selectJobs } from './jobs.ts';
import { skipOf, termOf } from './read.ts';
import { periodOf } from './runs.ts';

/** How often notes are written again that raced for a new `_id`. */
const MOST_ROUNDS = 5;

export async function note(call: MongoCall, { namespace, id, pod }: Holder, { terms, skips }: Notes): Promise<void> {
  const ofTerms = terms.map(({ election, number, fencingToken, from, to, reason }) => {
    const known = { pod, token: fencingToken?.toString(), to, reason };
    const $set = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
    return { q: { _id: { ns: namespace, holder: id, election, number, from } }, u: { $set } };
  });
  const ofSkips = skips.map(({ job, reason, minute, count }) => {
    return { q: { _id: { ns: namespace, minute, job, reason, holder: id } }, u: { $set: { pod }, $max: { count } } };
  });
  await upsertAll(call, TERMS, ofTerms);
  await upsertAll(call, SKIPS, ofSkips);
}

async function upsertAll(call: MongoCall, collection: string, updates: readonly Update[]): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round += 1) if (await call.upsert(collection, updates)) return;
  throw new Error('Notes of one holder were written too often at once.');
}

export async function selectTerms(
  call: MongoCall,
  namespace: string,
  { from, to, limit }: TermQuery,
): Promise<TermRecord[]> {
  const filter = { '_id.ns': namespace, ...periodOf('_id.from', from, to) };
  return (await call.find(TERMS, filter, { sort: { '_id.from': -1 }, limit })).map(termOf);
}

export async function selectSkips(call: MongoCall, namespace: string, query: SkipQuery): Promise<SkipRecord[]> {
  const filter = { '_id.ns': namespace, ...periodOf('_id.minute', query.from, query.to) };
  return sumUp((await call.find(SKIPS, filter)).map(skipOf), query);
}

export async function prune(call: MongoCall, namespace: string, retentionMs: number): Promise<void> {
  const before = new Date((await call.now()).getTime() - retentionMs);
  await pruneRuns(call, namespace, before);
  await call.delete(TERMS, [{ '_id.ns': namespace, to: { $lt: before } }]);
  await call.delete(SKIPS, [{ '_id.ns': namespace, '_id.minute': { $lt: before } }]);
  const running = await call.find(RUNS, { '_id.ns': namespace, state: 'running' }, { projection: { holder: 1 } });
  const busy = [...new Set(running.map((run) => run['holder']))];
  await call.delete(HOLDERS, [{ ns: namespace, beatAt: { $lt: before }, _id: { $nin: busy } }]);
}

async function pruneRuns(call: MongoCall, namespace: string, before: Date): Promise<void> {
  // A claim judges the age of its slot first and writes later: until then the run that it may meet must stay.
  const slot = { $lt: new Date(before.getTime() - LATEST_EFFECT_MS) };
  const jobs = await selectJobs(call, namespace);
  const ended = { '_id.ns': namespace, state: { $ne: 'running' } };
  const registered = jobs.map(({ job, settled }) => {
    return { ...ended, '_id.job': job, '_id.slot': { ...slot, $lte: settled } };
  });
  const others = { ...ended, '_id.job': { $nin: jobs.map(({ job }) => job) }, '_id.slot': slot };
  await call.delete(RUNS, [...registered, others]);
}
