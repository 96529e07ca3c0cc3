import assert from 'node:assert/strict';
import { claimOf, endOf, LIMITS, newHolder, type Rivals } from './mounted-store.ts';

export async function registersOnce({ namespace, ours, theirs, us }: Rivals): Promise<void> {
  const before = (await ours.beat(us, 60_000)).now;
  const schedules = ['b', 'a'].map((job) => ({ job, fingerprint: '* * * * *' }));
  const [first, second] = await Promise.all([
    ours.register(namespace, schedules),
    theirs.register(namespace, schedules.toReversed()),
  ]);
  assert.deepEqual(first, second.toReversed(), 'replicas that start together must agree');
  assert.deepEqual(
    first.map(({ job }) => job),
    ['b', 'a'],
  );
  for (const { settled } of first) assert.ok(settled >= before);
  assert.deepEqual(await ours.register(namespace, schedules), first, 'a known job stays as it is');
  const [changed] = await ours.register(namespace, [{ job: 'a', fingerprint: '0 * * * *' }]);
  assert.equal(changed?.revision, (first[1]?.revision ?? 0) + 1);
  assert.ok(first[1] && changed.settled >= first[1].settled);
  assert.deepEqual(await ours.jobs(namespace), [changed, first[0]]);
  assert.deepEqual(await ours.register(namespace, []), []);
}

export async function settlesForward({ namespace, ours, us }: Rivals): Promise<void> {
  const [job] = await ours.register(namespace, [{ job: 'job', fingerprint: 'f' }]);
  assert.ok(job);
  const later = new Date(job.settled.getTime() + 1_000);
  const settle = (revision: number, upTo: Date): Promise<boolean[]> => {
    return ours.settle(namespace, [{ job: 'job', revision, upTo }]);
  };
  assert.deepEqual(await settle(job.revision, later), [true]);
  assert.deepEqual(await ours.jobs(namespace), [{ ...job, settled: later, revision: job.revision + 1 }]);
  assert.deepEqual(await settle(job.revision, new Date(later.getTime() + 1)), [false], 'the revision has passed');
  assert.deepEqual(await settle(job.revision + 1, job.settled), [true]);
  const after = { ...job, settled: later, revision: job.revision + 2 };
  assert.deepEqual(await ours.jobs(namespace), [after], 'a watermark never moves back');
  const [changed] = await ours.register(namespace, [{ job: 'job', fingerprint: 'g' }]);
  assert.deepEqual(await settle(after.revision, later), [false], 'a changed schedule begins anew');
  const unknown = { job: 'none', revision: 1, upTo: later };
  const known = { job: 'job', revision: changed?.revision ?? 0, upTo: later };
  assert.deepEqual(await ours.settle(namespace, [unknown, known]), [false, true]);
  assert.deepEqual(await ours.settle(us.namespace, []), []);
}

export async function settlesOnce({ namespace, ours, theirs }: Rivals): Promise<void> {
  const [job] = await ours.register(namespace, [{ job: 'job', fingerprint: 'f' }]);
  assert.ok(job);
  const settlement = { job: 'job', revision: job.revision, upTo: new Date(job.settled.getTime() + 1) };
  const results = await Promise.all([ours, theirs].map((store) => store.settle(namespace, [settlement])));
  assert.deepEqual(new Set(results.flat()), new Set([false, true]));
}

export async function prunes({ namespace, ours, us, at }: Rivals): Promise<void> {
  const jobs = await ours.register(namespace, [{ job: 'job', fingerprint: 'f' }]);
  assert.equal(jobs.length, 1);
  const claims = [0, 1, 2].map((index) => claimOf('job', at(index)));
  await ours.claim(us, [...claims, claimOf('other', at(3))], LIMITS);
  const ends = [0, 2].map((index) => endOf({ job: 'job', slot: at(index) }));
  await ours.finish(us, [...ends, endOf({ job: 'other', slot: at(3) })]);
  const left = async (): Promise<string[]> => {
    const runs = await ours.runs(namespace, { limit: 10 });
    return runs.map(({ job, slot }) => `${job}${(at(0).getTime() - slot.getTime()) / 60_000}`);
  };
  await ours.prune(namespace, 86_400_000);
  assert.deepEqual(await left(), ['job0', 'job1', 'job2', 'other3']);
  // A release moves the watermark back: what is later stays, however old.
  await ours.claim(us, [claimOf('job', at(4))], LIMITS);
  await ours.release(us, [claimOf('job', at(4))]);
  await ours.prune(namespace, 0);
  assert.deepEqual(await left(), ['job0', 'job1', 'job2'], 'what is later than the watermark must stay');
  const [job] = await ours.jobs(namespace);
  await ours.settle(namespace, [{ job: 'job', revision: job?.revision ?? 0, upTo: at(0) }]);
  await ours.prune(namespace, 0);
  assert.deepEqual(await left(), ['job1'], 'what is running must stay');
}

export async function notesTerms({ namespace, ours, us, them, at }: Rivals): Promise<void> {
  const term = { election: 'default', number: 1, fencingToken: 9_007_199_254_740_993n, from: at(2) };
  await ours.note(us, { terms: [term], skips: [] });
  await ours.note(us, { terms: [{ ...term, to: at(1), reason: 'lost' }], skips: [] });
  await ours.note(us, { terms: [term], skips: [] });
  await ours.note(them, { terms: [{ election: 'other', number: 1, from: at(0) }], skips: [] });
  const ended = { ...term, to: at(1), reason: 'lost', holder: us.id, pod: us.pod };
  const terms = await ours.terms(namespace, { limit: 10 });
  assert.equal(terms.length, 2);
  assert.deepEqual(terms[1], ended);
  assert.equal(terms[0]?.pod, them.pod);
  assert.deepEqual(await ours.terms(namespace, { to: at(0), limit: 10 }), [ended]);
  assert.equal((await ours.terms(namespace, { limit: 1 })).length, 1);
  await ours.prune(namespace, 0);
  assert.equal((await ours.terms(namespace, { limit: 10 })).length, 1, 'a term that lasts must stay');
}

export async function notesSkips({ namespace, ours, us, at }: Rivals): Promise<void> {
  const skip = { job: 'job', reason: 'follower', minute: at(1), count: 3 };
  const restarted = newHolder(namespace, us.pod);
  await ours.note(us, { terms: [], skips: [skip, { ...skip, job: 'a', minute: at(0) }] });
  await ours.note(us, { terms: [], skips: [{ ...skip, count: 5 }] });
  await ours.note(us, { terms: [], skips: [{ ...skip, count: 4 }] });
  await ours.note(restarted, { terms: [], skips: [{ ...skip, count: 2 }] });
  const summed = { ...skip, count: 7, pod: us.pod };
  assert.deepEqual(await ours.skips(namespace, { job: 'job', limit: 10 }), [summed]);
  assert.deepEqual(
    (await ours.skips(namespace, { limit: 10 })).map(({ job }) => job),
    ['a', 'job'],
  );
  await ours.prune(namespace, 0);
  assert.deepEqual(await ours.skips(namespace, { limit: 10 }), []);
}
