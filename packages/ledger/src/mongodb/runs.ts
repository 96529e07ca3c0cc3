import type { Holder, InterruptedQuery, InterruptedRun, RunQuery, RunRecord, TakeOver } from '../store/records.ts';
import type { MongoCall } from './call.ts';
import { runId } from './claims.ts';
import { HOLDERS, RUNS } from './collections.ts';
import { date, runOf } from './read.ts';

export async function beat(
  call: MongoCall,
  { id, namespace, pod }: Holder,
  expiryMs: number,
): Promise<{ now: Date; lapsed: boolean }> {
  const now = await call.now();
  const [known] = await call.find(HOLDERS, { _id: id });
  await call.upsert(HOLDERS, [{ q: { _id: id }, u: { $set: { ns: namespace, pod }, $currentDate: { beatAt: true } } }]);
  return { now, lapsed: known !== undefined && now.getTime() - date(known, 'beatAt').getTime() >= expiryMs };
}

export async function interrupted(
  call: MongoCall,
  namespace: string,
  { jobs, rerun, expiryMs }: InterruptedQuery,
): Promise<InterruptedRun[]> {
  const ended = { state: 'interrupted', '_id.job': { $in: rerun } };
  const running = { state: 'running', '_id.job': { $in: jobs } };
  const sort = { '_id.slot': 1, '_id.job': 1 };
  const now = await call.now();
  const rows = await call.find(RUNS, { '_id.ns': namespace, $or: [ended, running] }, { sort });
  const runs = rows.map(runOf);
  const holders = runs.filter(({ state }) => state === 'running').map(({ holder }) => holder);
  const beats = await beatsOf(call, holders);
  const lost = runs.filter((run) => run.state !== 'running' || isSilent(run, beats, now, expiryMs));
  return lost.slice(0, 1_000).map(({ job, slot, attempt, state, holder, pod }) => {
    return { job, slot, attempt, state: state === 'running' ? state : 'interrupted', holder, pod };
  });
}

export async function takeOver(
  call: MongoCall,
  { namespace, id, pod }: Holder,
  lost: TakeOver,
  expiryMs: number,
): Promise<number | undefined> {
  const { holder, attempt, state, term = null, fencingToken } = lost;
  const key = { _id: runId(namespace, lost) };
  const next = { state: 'running', attempt: attempt + 1, holder: id };
  if (state === 'interrupted' || (await isStillSilent(call, key, expiryMs))) {
    const fields = { ...next, pod, term, token: fencingToken?.toString() ?? null, madeUp: true, releasing: false };
    const [isTaken] = await call.updateEach(RUNS, [
      {
        q: { ...key, holder, attempt, state },
        u: { $set: { ...fields, endedAt: null, error: null }, $currentDate: { claimedAt: true } },
      },
    ]);
    if (isTaken === true) return next.attempt;
  }
  const [held] = await call.find(RUNS, { ...key, ...next });
  return held && next.attempt;
}

/** The update that follows compares the holder and the attempt, but not this. A beat in between is that of a lapsed holder. */
async function isStillSilent(call: MongoCall, key: object, expiryMs: number): Promise<boolean> {
  const now = await call.now();
  const [row] = await call.find(RUNS, key);
  if (row === undefined) return false;
  const run = runOf(row);
  return isSilent(run, await beatsOf(call, [run.holder]), now, expiryMs);
}

function isSilent(run: RunRecord, beats: ReadonlyMap<unknown, Date>, now: Date, expiryMs: number): boolean {
  const beatMs = beats.get(run.holder)?.getTime() ?? 0;
  return now.getTime() - Math.max(run.claimedAt.getTime(), beatMs) >= expiryMs;
}

async function beatsOf(call: MongoCall, holders: readonly string[]): Promise<ReadonlyMap<unknown, Date>> {
  if (holders.length === 0) return new Map();
  const rows = await call.find(HOLDERS, { _id: { $in: [...new Set(holders)] } });
  return new Map(rows.map((row) => [row['_id'], date(row, 'beatAt')]));
}

export async function selectRuns(
  call: MongoCall,
  namespace: string,
  { job, state, from, to, limit }: RunQuery,
): Promise<RunRecord[]> {
  const filter = {
    '_id.ns': namespace,
    ...(job !== undefined && { '_id.job': job }),
    ...(state !== undefined && { state }),
    ...periodOf('_id.slot', from, to),
  };
  return (await call.find(RUNS, filter, { sort: { '_id.slot': -1, '_id.job': 1 }, limit })).map(runOf);
}

/** Returns the part of a filter that selects what is within a period. */
export function periodOf(field: string, from: Date | undefined, to: Date | undefined): object {
  if (from === undefined && to === undefined) return {};
  return { [field]: { ...(from && { $gte: from }), ...(to && { $lt: to }) } };
}
