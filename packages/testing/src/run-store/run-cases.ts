import assert from 'node:assert/strict';
import type { RunState } from '@cluster-leader/ledger';
import { claimOf, endOf, LIMITS, newHolder, type Rivals } from './mounted-store.ts';

export async function finishesItsOwn({ ours, theirs, us, them, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0));
  await ours.claim(us, [claim], LIMITS);
  assert.deepEqual(await theirs.finish(them, [endOf(claim)]), [false], 'another holder must not end the run');
  assert.deepEqual(await ours.finish(us, [endOf(claim, { attempt: 2 })]), [false], 'nor another attempt');
  assert.deepEqual(await ours.finish(us, [endOf(claim, { slot: at(1) }), endOf(claim)]), [false, true]);
  assert.deepEqual(await ours.finish(us, [endOf(claim, { state: 'failed' })]), [false], 'an outcome must stay');
  const [run] = await ours.runs(us.namespace, { limit: 10 });
  assert.equal(run?.state, 'succeeded');
  assert.ok(run.endedAt !== undefined && run.endedAt >= run.claimedAt);
  assert.deepEqual(await ours.finish(us, []), []);
}

export async function abandonsInterrupted({ ours, us, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0));
  await ours.claim(us, [claim], LIMITS);
  assert.deepEqual(await ours.finish(us, [endOf(claim, { state: 'interrupted', error: 'gone' })]), [true]);
  assert.deepEqual(await ours.finish(us, [endOf(claim, { state: 'failed' })]), [false]);
  assert.deepEqual(await ours.finish(us, [endOf(claim, { state: 'abandoned' })]), [true]);
  assert.equal((await ours.runs(us.namespace, { limit: 1 }))[0]?.state, 'abandoned');
}

export async function cutsErrors({ ours, us, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0));
  await ours.claim(us, [claim], LIMITS);
  await ours.finish(us, [endOf(claim, { state: 'failed', error: `x${'é'.repeat(2_000)}` })]);
  const [run] = await ours.runs(us.namespace, { limit: 1 });
  assert.equal(run?.error, `x${'é'.repeat(1_023)}`);
  await ours.claim(us, [claimOf('nul', at(0))], LIMITS);
  const end = endOf({ job: 'nul', slot: at(0) }, { state: 'failed', error: 'a\0b' });
  assert.deepEqual(await ours.finish(us, [end]), [true], 'an error with a NUL must be recorded');
}

export async function findsUnclaimed({ namespace, ours, us, at }: Rivals): Promise<void> {
  await ours.claim(us, [claimOf('a', at(1)), claimOf('b', at(0))], LIMITS);
  await ours.finish(us, [endOf({ job: 'b', slot: at(0) }, { state: 'skipped' })]);
  const slots = [at(2), at(1), at(0)];
  const found = await ours.unclaimed(namespace, [
    { job: 'b', slots },
    { job: 'none', slots: [] },
    { job: 'a', slots },
  ]);
  assert.deepEqual(found, [[at(2), at(1)], [], [at(2), at(0)]]);
  assert.deepEqual(await ours.unclaimed(namespace, []), []);
}

export async function findsInterrupted({ namespace, ours, us, them, at }: Rivals): Promise<void> {
  await ours.claim(us, [claimOf('left', at(0)), claimOf('again', at(1)), claimOf('foreign', at(2))], LIMITS);
  await ours.finish(us, [endOf({ job: 'again', slot: at(1) }, { state: 'interrupted' })]);
  const query = { expiryMs: 60_000, jobs: ['left', 'again'], rerun: ['again'] };
  const ended = { job: 'again', slot: at(1), attempt: 1, state: 'interrupted', holder: us.id, pod: us.pod };
  assert.deepEqual(await ours.interrupted(namespace, query), [ended], 'a new run is not silent yet');
  const silent = { ...query, expiryMs: 0 };
  const lost = { job: 'left', slot: at(0), attempt: 1, state: 'running', holder: us.id, pod: us.pod };
  assert.deepEqual(await ours.interrupted(namespace, silent), [ended, lost]);
  assert.deepEqual(await ours.interrupted(namespace, { ...silent, rerun: [] }), [lost]);
  assert.deepEqual(await ours.interrupted(newHolder(`${namespace}2`, them.pod).namespace, silent), []);
}

export async function noticesBeats({ ours, us }: Rivals): Promise<void> {
  const first = await ours.beat(us, 0);
  assert.equal(first.lapsed, false, 'the first beat follows no other');
  assert.equal((await ours.beat(us, 60_000)).lapsed, false);
  const later = await ours.beat(us, 0);
  assert.equal(later.lapsed, true);
  assert.ok(later.now >= first.now);
}

export async function takesOverOnce({ namespace, ours, theirs, us, them, at }: Rivals): Promise<void> {
  const claim = claimOf('job', at(0), { term: 1, fencingToken: 1n });
  const dead = newHolder(namespace, 'pod-dead');
  await ours.claim(dead, [claim], LIMITS);
  const lost = { job: 'job', slot: claim.slot, attempt: 1, state: 'running', holder: dead.id, term: 2 } as const;
  assert.equal(await ours.takeOver(us, lost, 60_000), undefined, 'a run that is not silent must stay');
  const attempts = await Promise.all([ours.takeOver(us, lost, 0), theirs.takeOver(them, lost, 0)]);
  assert.deepEqual(new Set(attempts), new Set([2, undefined]), 'one of two rivals wins');
  const winner = attempts[0] === 2 ? us : them;
  const loser = winner === us ? them : us;
  assert.equal(await ours.takeOver(winner, lost, 0), 2, 'a lost reply must be resolved');
  assert.equal(await ours.takeOver(loser, lost, 0), undefined);
  assert.deepEqual(await ours.finish(dead, [endOf(claim)]), [false], 'the dead holder must not end the new attempt');
  const [run] = await ours.runs(namespace, { limit: 1 });
  assert.ok(run);
  const { state, attempt, madeUp, holder, pod, term, fencingToken, endedAt } = run;
  assert.deepEqual(
    { state, attempt, madeUp, holder, pod, term, fencingToken, endedAt },
    {
      state: 'running',
      attempt: 2,
      madeUp: true,
      holder: winner.id,
      pod: winner.pod,
      term: 2,
      fencingToken: undefined,
      endedAt: undefined,
    },
  );
}

export async function beatsKeepRuns({ namespace, ours, us, them, at }: Rivals): Promise<void> {
  await ours.claim(us, [claimOf('job', at(0))], LIMITS);
  const claimed = (await ours.beat(them, 60_000)).now.getTime();
  // Only the store's own clock tells when the claim is old enough.
  while ((await ours.beat(us, 60_000)).now.getTime() < claimed + 60);
  assert.deepEqual(await ours.interrupted(namespace, { expiryMs: 50, jobs: ['job'], rerun: [] }), []);
  const lost = { job: 'job', slot: at(0), attempt: 1, state: 'running', holder: us.id } as const;
  assert.equal(await ours.takeOver(them, lost, 50), undefined);
}

export async function selectsRuns({ namespace, ours, us, at }: Rivals): Promise<void> {
  const claims = [0, 1, 2].flatMap((index) => ['b', 'a'].map((job) => claimOf(job, at(index))));
  await ours.claim(us, claims, LIMITS);
  await ours.finish(us, [endOf({ job: 'a', slot: at(1) }, { state: 'failed', error: 'Error: no' })]);
  const names = async (query: object): Promise<string[]> => {
    const runs = await ours.runs(namespace, { limit: 10, ...query });
    return runs.map(({ job, slot }) => `${job}${(at(0).getTime() - slot.getTime()) / 60_000}`);
  };
  assert.deepEqual(await names({}), ['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  assert.deepEqual(await names({ limit: 3 }), ['a0', 'b0', 'a1']);
  assert.deepEqual(await names({ job: 'b' }), ['b0', 'b1', 'b2']);
  assert.deepEqual(await names({ state: 'failed' satisfies RunState }), ['a1']);
  assert.deepEqual(await names({ from: at(1) }), ['a0', 'b0', 'a1', 'b1']);
  assert.deepEqual(await names({ to: at(1) }), ['a2', 'b2']);
  assert.deepEqual(await names({ job: 'a', from: at(1), to: at(0) }), ['a1']);
}
