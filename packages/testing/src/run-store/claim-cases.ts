import assert from 'node:assert/strict';
import { claimOf, endOf, LIMITS, newHolder, type Rivals } from './mounted-store.ts';

export async function claimsOnce({ ours, theirs, us, them, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0), { term: 7, fencingToken: 2n ** 62n });
  assert.deepEqual(await ours.claim(us, [claim], LIMITS), ['claimed']);
  assert.deepEqual(await theirs.claim(them, [claim], LIMITS), ['taken']);
  const [run] = await theirs.runs(us.namespace, { limit: 10 });
  assert.ok(run);
  const { claimedAt, ...rest } = run;
  assert.ok(claimedAt > at(0));
  const expected = { ...claim, state: 'running', attempt: 1, holder: us.id, pod: us.pod };
  assert.deepEqual(withoutUndefined(rest), expected);
}

export async function claimsAgainForItsHolder({ ours, theirs, us, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0));
  assert.deepEqual(await ours.claim(us, [claim], LIMITS), ['claimed']);
  assert.deepEqual(await theirs.claim(us, [claim], LIMITS), ['claimed'], 'a lost reply must be resolved');
  await ours.finish(us, [endOf(claim)]);
  assert.deepEqual(await ours.claim(us, [claim], LIMITS), ['taken'], 'a run that has ended is not claimed again');
}

export async function refusesDistantSlots({ ours, us, at }: Rivals): Promise<void> {
  const { now } = await ours.beat(us, 60_000);
  const ahead = claimOf('job', new Date(now.getTime() + 60_000));
  const late = claimOf('job', new Date(now.getTime() - LIMITS.retentionMs - 60_000));
  assert.deepEqual(await ours.claim(us, [ahead], LIMITS), ['clock-ahead']);
  assert.deepEqual(await ours.claim(us, [late], LIMITS), ['too-late']);
  const mixed = [ahead, claimOf('job', at(1)), late, claimOf('job', at(0))];
  assert.deepEqual(await ours.claim(us, mixed, LIMITS), ['clock-ahead', 'claimed', 'too-late', 'claimed']);
  assert.equal((await ours.runs(us.namespace, { limit: 10 })).length, 2, 'a refused slot must not be written');
}

export async function answersInOrder({ ours, theirs, us, them, at }: Rivals): Promise<void> {
  await theirs.claim(them, [claimOf('b', at(0)), claimOf('d', at(0))], LIMITS);
  const claims = ['d', 'c', 'b', 'a'].map((job) => claimOf(job, at(0)));
  assert.deepEqual(await ours.claim(us, claims, LIMITS), ['taken', 'claimed', 'taken', 'claimed']);
  assert.deepEqual(await ours.claim(us, [], LIMITS), []);
}

export async function claimsThousandSlots({ ours, theirs, us, them, at }: Rivals): Promise<void> {
  const claims = Array.from({ length: 1_000 }, (_, index) => claimOf(`job-${index % 50}`, at(Math.floor(index / 50))));
  const [first, second] = await Promise.all([
    ours.claim(us, claims, LIMITS),
    theirs.claim(them, claims.toReversed(), LIMITS),
  ]);
  second.reverse();
  for (const [index, outcome] of first.entries()) {
    assert.deepEqual(
      new Set([outcome, second[index]]),
      new Set(['claimed', 'taken']),
      `slot ${index} has not one claim`,
    );
  }
}

/** Two batches that overlap in opposite orders, many times: a store that locks rows unsorted deadlocks. */
export async function survivesReversedBatches({ ours, theirs, us, them, at }: Rivals): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const claims = Array.from({ length: 200 }, (_, index) => claimOf(`round-${round}-${index}`, at(0)));
    const reversed = claims.toReversed();
    const outcomes = await Promise.all([ours.claim(us, claims, LIMITS), theirs.claim(them, reversed, LIMITS)]);
    assert.equal(outcomes.flat().filter((outcome) => outcome === 'claimed').length, claims.length);
    const ends = claims.map((claim) => endOf(claim));
    const ended = await Promise.all([ours.finish(us, ends), theirs.finish(them, ends.toReversed())]);
    assert.equal(ended.flat().filter(Boolean).length, claims.length);
  }
}

export async function keepsNamesApart({ ours, us, at }: Rivals): Promise<void> {
  const jobs = [
    'Rechnung',
    'rechnung',
    'r\u00e9sum\u00e9',
    're\u0301sume\u0301',
    '請求書',
    '🧾',
    'a:b',
    'a',
    "o'clock",
    ' ',
    'x{y}',
  ];
  const claims = jobs.map((job) => claimOf(job, at(0)));
  assert.deepEqual(await ours.claim(us, claims, LIMITS), Array(jobs.length).fill('claimed'));
  const elsewhere = newHolder(`${us.namespace}:a`, us.pod);
  assert.deepEqual(await ours.claim(elsewhere, [claimOf('b', at(0))], LIMITS), ['claimed']);
  const runs = await ours.runs(us.namespace, { limit: 100 });
  assert.deepEqual(runs.map(({ job }) => job).toSorted(), jobs.toSorted());
}

export async function keepsMilliseconds({ ours, us, at }: Rivals): Promise<void> {
  const slots = [0, 1, 999].map((ms) => new Date(at(0).getTime() + ms));
  await ours.claim(
    us,
    slots.map((slot) => claimOf('job', slot)),
    LIMITS,
  );
  const runs = await ours.runs(us.namespace, { limit: 10 });
  assert.deepEqual(
    runs.map(({ slot }) => slot),
    slots.toReversed(),
  );
}

export async function releasesUnbegun({ namespace, ours, theirs, us, them, at }: Rivals): Promise<void> {
  const [registered] = await ours.register(namespace, [{ job: 'job', fingerprint: 'f' }]);
  assert.ok(registered);
  const [released, foreign, ended] = [0, 1, 2].map((index) => claimOf('job', at(index)));
  assert.ok(released && foreign && ended);
  await ours.claim(us, [released, ended], LIMITS);
  await theirs.claim(them, [foreign], LIMITS);
  await ours.finish(us, [endOf(ended)]);
  await ours.release(us, [released, foreign, ended]);
  const runs = await ours.runs(namespace, { limit: 10 });
  assert.deepEqual(
    runs.map(({ slot }) => slot),
    [foreign.slot, ended.slot],
  );
  const [job] = await ours.jobs(namespace);
  const expected = { settled: new Date(released.slot.getTime() - 1), revision: registered.revision + 1 };
  assert.deepEqual(job, { ...registered, ...expected }, 'a sweep must find the slot again');
  await ours.release(us, [released]);
  assert.deepEqual(await ours.jobs(namespace), [job], 'a repeated release must change nothing');
  assert.deepEqual(await theirs.claim(them, [released], LIMITS), ['claimed']);
}

export async function releasesFirstAttemptOnly({ ours, us, them, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0));
  await ours.claim(us, [claim], LIMITS);
  await ours.finish(us, [endOf(claim, { state: 'interrupted' })]);
  const lost = { job: 'job', slot: claim.slot, attempt: 1, state: 'interrupted', holder: us.id } as const;
  assert.equal(await ours.takeOver(them, lost, 60_000), 2);
  await ours.release(them, [claim]);
  assert.equal((await ours.runs(us.namespace, { limit: 10 })).length, 1);
}

function withoutUndefined(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
