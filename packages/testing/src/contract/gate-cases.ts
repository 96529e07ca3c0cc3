import assert from 'node:assert/strict';
import { currentTerm, type LeadershipEvents, type NotLeadingReason } from '@cluster-leader/core';
import { fakeLeader } from '../fake-leader.ts';
import { withAdapter, type MountAdapter } from './mounted-adapter.ts';

const JOBS = 3;

/** Fails unless every job of a leader runs within its first term. */
export async function runsOnTheLeader(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const terms: (number | undefined)[] = [];
  leader.elect();
  await withAdapter(
    mount(leader, () => terms.push(termNumber()), JOBS),
    (adapter) => adapter.tick(),
  );
  assert.deepEqual(
    terms,
    Array.from({ length: JOBS }, () => 1),
  );
}

/** Fails unless every job is skipped for `reason`, with an event that names the job. */
export async function skips(mount: MountAdapter, reason: NotLeadingReason): Promise<void> {
  const leader = fakeLeader();
  const skipped: LeadershipEvents['skipped'][] = [];
  let runs = 0;
  leader.demote(reason);
  leader.on('skipped', (event) => skipped.push(event));
  await withAdapter(
    mount(leader, () => (runs += 1), JOBS),
    (adapter) => adapter.tick(),
  );
  assert.equal(runs, 0);
  assert.deepEqual(
    skipped.map((event) => event.reason),
    Array.from({ length: JOBS }, () => reason),
  );
  assert.ok(
    skipped.every(({ name }) => name),
    'a skip does not name its job',
  );
}

/** Fails unless a job runs before and after a loss, in two terms, and is skipped in between. */
export async function runsAgain(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader();
  const terms: (number | undefined)[] = [];
  await withAdapter(
    mount(leader, () => terms.push(termNumber()), 1),
    async (adapter) => {
      leader.elect();
      await adapter.tick();
      leader.demote();
      await adapter.tick();
      leader.elect();
      await adapter.tick();
    },
  );
  assert.deepEqual(terms, [1, 2]);
}

/** Fails if a job runs after its leader is closed, even with `onUnknown: 'leader'`. */
export async function runsNothingAfterClose(mount: MountAdapter): Promise<void> {
  const leader = fakeLeader({ onUnknown: 'leader' });
  let runs = 0;
  leader.elect();
  await withAdapter(
    mount(leader, () => (runs += 1), JOBS),
    async (adapter) => {
      await leader.close();
      await adapter.tick();
    },
  );
  assert.equal(runs, 0);
}

/** Returns the number of the job's term; undefined outside of a term, where an error might be swallowed by the host. */
function termNumber(): number | undefined {
  try {
    return currentTerm().number;
  } catch {
    return undefined;
  }
}
