import { cutError } from '../store/error-limit.ts';
import type { ClaimLimits, ClaimOutcome, Holder, JobSlots, RunEnd, Slot, SlotClaim } from '../store/records.ts';
import type { MongoCall, Row } from './call.ts';
import { JOBS, RUNS } from './collections.ts';
import { keyOf, slotOf } from './read.ts';

/** How often a claim is made again whose slot was freed between its insert and the look at the rival. */
const MOST_ROUNDS = 5;

export async function claim(
  call: MongoCall,
  holder: Holder,
  claims: readonly SlotClaim[],
  { aheadMs, retentionMs }: ClaimLimits,
): Promise<ClaimOutcome[]> {
  const now = await call.now();
  const outcomes = new Map<SlotClaim, ClaimOutcome>();
  for (const asked of claims) {
    const aheadByMs = asked.slot.getTime() - now.getTime();
    if (aheadByMs > aheadMs) outcomes.set(asked, 'clock-ahead');
    else if (-aheadByMs > retentionMs) outcomes.set(asked, 'too-late');
  }
  for (let round = 1; outcomes.size < claims.length; round += 1) {
    if (round > MOST_ROUNDS) throw new Error('Rivals claimed and released a slot too often in a row.');
    const open = claims.filter((asked) => !outcomes.has(asked));
    for (const [asked, outcome] of await claimFree(call, holder, open, now)) outcomes.set(asked, outcome);
  }
  return claims.map((asked) => outcomes.get(asked) ?? 'taken');
}

/** Claims what is free, and returns no outcome for a slot that was neither free nor taken. */
async function claimFree(
  call: MongoCall,
  holder: Holder,
  claims: readonly SlotClaim[],
  now: Date,
): Promise<Map<SlotClaim, ClaimOutcome>> {
  const documents = claims.map((asked) => documentOf(holder, asked, now));
  const existing = await call.insert(RUNS, documents);
  const outcomes = new Map<SlotClaim, ClaimOutcome>();
  for (const [index, asked] of claims.entries()) if (!existing.has(index)) outcomes.set(asked, 'claimed');
  if (existing.size === 0) return outcomes;
  const ids = documents.filter((_, index) => existing.has(index)).map(({ _id }) => _id);
  const runs = new Map((await call.find(RUNS, { _id: { $in: ids } })).map((row) => [keyOf(slotOf(row)), row]));
  const released = [];
  for (const [index, asked] of claims.entries()) {
    const run = existing.has(index) ? runs.get(keyOf(asked)) : undefined;
    if (run === undefined) continue;
    if (isReleasing(run)) released.push(asked);
    else outcomes.set(asked, isFirst(run, holder) ? 'claimed' : 'taken');
  }
  const taken = await call.updateEach(
    RUNS,
    released.map((asked) => {
      const { _id, ...fields } = documentOf(holder, asked, now);
      return { q: { _id, ...RELEASING }, u: { $set: { ...fields, releasing: false } } };
    }),
  );
  for (const [index, asked] of released.entries()) if (taken[index] === true) outcomes.set(asked, 'claimed');
  return outcomes;
}

const RELEASING = { state: 'running', attempt: 1, releasing: true };

function isReleasing(run: Row): boolean {
  return run['state'] === 'running' && run['attempt'] === 1 && run['releasing'] === true;
}

function isFirst(run: Row, { id }: Holder): boolean {
  return run['holder'] === id && run['state'] === 'running' && run['attempt'] === 1;
}

function documentOf(
  { namespace, id, pod }: Holder,
  asked: SlotClaim,
  now: Date,
): { readonly _id: object; readonly [field: string]: unknown } {
  const { madeUp, term = null, fencingToken } = asked;
  const fields = {
    state: 'running',
    attempt: 1,
    holder: id,
    pod,
    term,
    token: fencingToken?.toString() ?? null,
    madeUp,
  };
  return { _id: runId(namespace, asked), ...fields, claimedAt: now };
}

/** MongoDB compares the fields of an `_id` in their order. */
export function runId(namespace: string, { job, slot }: Slot): object {
  return { ns: namespace, job, slot };
}

/**
 * Releases runs without a transaction, so that a single server suffices.
 *
 * First the runs are marked, which hides them from sweeps and opens them to claims; then the watermarks move back; then the
 * runs that are still marked are deleted. A sweep that saw a run before it was marked read the revision earlier still, so its
 * settlement either comes before the watermark moves back, or fails. A process that dies in between leaves a run that is
 * found as interrupted, unless it was claimed before.
 */
export async function release(call: MongoCall, { namespace, id }: Holder, slots: readonly Slot[]): Promise<void> {
  const first = { holder: id, state: 'running', attempt: 1 };
  const asked = { _id: { $in: slots.map((slot) => runId(namespace, slot)) }, ...first };
  await call.updateAll(RUNS, asked, { $set: { releasing: true } });
  const marked = (await call.find(RUNS, { ...asked, ...RELEASING }, { projection: { _id: 1 } })).map(slotOf);
  const earliest = new Map<string, Date>();
  for (const { job, slot } of marked) {
    const known = earliest.get(job);
    if (known === undefined || slot < known) earliest.set(job, slot);
  }
  const moves = [...earliest].map(([job, slot]) => ({
    q: { _id: { ns: namespace, job } },
    u: { $set: {}, $min: { settled: new Date(slot.getTime() - 1) }, $inc: { revision: 1 } },
  }));
  await call.updateEach(JOBS, moves);
  const ids = marked.map((slot) => runId(namespace, slot));
  if (ids.length > 0) await call.delete(RUNS, [{ _id: { $in: ids }, ...first, ...RELEASING }]);
}

export async function finish(call: MongoCall, { namespace, id }: Holder, ends: readonly RunEnd[]): Promise<boolean[]> {
  return call.updateEach(
    RUNS,
    ends.map(({ job, slot, attempt, state, error }) => {
      const before = state === 'abandoned' ? { $in: ['running', 'interrupted'] } : 'running';
      return {
        q: { _id: runId(namespace, { job, slot }), holder: id, attempt, state: before },
        u: { $set: { state, error: cutError(error) ?? null }, $currentDate: { endedAt: true } },
      };
    }),
  );
}

export async function unclaimed(call: MongoCall, namespace: string, asked: readonly JobSlots[]): Promise<Date[][]> {
  const ids = asked.flatMap(({ job, slots }) => slots.map((slot) => runId(namespace, { job, slot })));
  if (ids.length === 0) return asked.map(() => []);
  const runs = await call.find(RUNS, { _id: { $in: ids } }, { projection: { state: 1, attempt: 1, releasing: 1 } });
  const claimed = new Set(runs.filter((run) => !isReleasing(run)).map((run) => keyOf(slotOf(run))));
  return asked.map(({ job, slots }) => slots.filter((slot) => !claimed.has(keyOf({ job, slot }))));
}
