import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { createTask, nodeCron, schedule, type RunCoordinator } from 'node-cron';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { cleanUp, EVERY_SECOND, eventsOf, logged, skipsOf, stopTheClock, tick } from './fixtures/bench.fixture.ts';
import { leaderCoordinator } from './index.ts';

const KEY = 'report:2026-01-01T12:00:00.000Z';
const REASONS = ['not-asked', 'no-leader', 'unreachable', 'invalid-answer', 'stale', 'settling', 'closed'] as const;

let leader: FakeLeader;

beforeEach(() => {
  stopTheClock();
  leader = fakeLeader();
});
afterEach(() => cleanUp([leader]));

test('is a coordinator of node-cron', () => {
  expectTypeOf(leaderCoordinator(leader)).toExtend<RunCoordinator>();
});

test('lets a tick run on the leader', async () => {
  const skips = skipsOf(leader);
  leader.elect();
  await expect(leaderCoordinator(leader).shouldRun(KEY, 30_000)).resolves.toBe(true);
  expect(skips).toEqual([]);
});

test('skips a tick on a follower, and reports it once', async () => {
  const skips = skipsOf(leader);
  await expect(leaderCoordinator(leader).shouldRun(KEY, 30_000)).resolves.toBe(false);
  expect(skips).toEqual([{ name: expect.stringContaining('report'), reason: 'follower' }]);
  expect(leader.status().skips).toEqual({ follower: 1 });
});

test('reports a skipped task by its name only, so that counters of skips have one row per task', async () => {
  const skips = skipsOf(leader);
  const coordinator = leaderCoordinator(leader);
  await coordinator.shouldRun(KEY, 30_000);
  await coordinator.shouldRun('report:2026-01-01T12:00:01.000Z', 30_000);
  await coordinator.shouldRun('billing: month:2026-01-01T12:00:01.000Z', 30_000);
  expect(skips.map(({ name }) => name)).toEqual(['report', 'report', 'billing: month']);
});

describe('while it is not known who leads', () => {
  test.each(REASONS)('skips by default (%s)', async (reason) => {
    const skips = skipsOf(leader);
    leader.unknown(reason);
    await expect(leaderCoordinator(leader).shouldRun(KEY, 30_000)).resolves.toBe(false);
    expect(skips).toMatchObject([{ reason }]);
  });

  test.each(REASONS)("rejects with onUnknown 'throw' (%s)", async (reason) => {
    await using strict = fakeLeader({ onUnknown: 'throw' });
    strict.unknown(reason);
    const asked = leaderCoordinator(strict).shouldRun(KEY, 30_000);
    await expect(asked).rejects.toMatchObject({ code: 'ERR_LEADER_UNKNOWN' });
  });

  test("runs with onUnknown 'leader', but never once closed", async () => {
    await using open = fakeLeader({ onUnknown: 'leader' });
    const coordinator = leaderCoordinator(open);
    open.unknown();
    await expect(coordinator.shouldRun(KEY, 30_000)).resolves.toBe(true);
    await open.close();
    await expect(coordinator.shouldRun(KEY, 30_000)).resolves.toBe(false);
  });
});

test("rejects on a follower no more with onUnknown 'throw' than without", async () => {
  await using strict = fakeLeader({ onUnknown: 'throw' });
  await expect(leaderCoordinator(strict).shouldRun(KEY, 30_000)).resolves.toBe(false);
});

describe('in the hands of node-cron', () => {
  const body = vi.fn<() => void>();
  const distributed = { name: 'report', distributed: true };

  beforeEach(() => void body.mockClear());

  test('decides for one task', async () => {
    const task = schedule(EVERY_SECOND, body, { ...distributed, runCoordinator: leaderCoordinator(leader) });
    const events = eventsOf(task);
    await tick();
    expect(body).not.toHaveBeenCalled();
    expect(events).toEqual(['execution:skipped (not-elected)']);
    leader.elect();
    await tick();
    expect(body).toHaveBeenCalledOnce();
    leader.demote();
    await tick();
    expect(body).toHaveBeenCalledOnce();
  });

  test('decides for all distributed tasks that are created after setRunCoordinator', async () => {
    nodeCron.setRunCoordinator(leaderCoordinator(leader));
    const events = eventsOf(schedule(EVERY_SECOND, body, distributed));
    await tick();
    expect(events).toEqual(['execution:skipped (not-elected)']);
    leader.elect();
    await tick();
    expect(body).toHaveBeenCalledOnce();
  });

  test('is not asked for a task that is not distributed (control)', async () => {
    nodeCron.setRunCoordinator(leaderCoordinator(leader));
    schedule(EVERY_SECOND, body, { name: 'report', runCoordinator: leaderCoordinator(leader) });
    await tick();
    expect(body).toHaveBeenCalledOnce();
  });

  test("skips with coordinator-error with onUnknown 'throw'", async () => {
    await using strict = fakeLeader({ onUnknown: 'throw' });
    strict.unknown();
    const task = createTask(EVERY_SECOND, body, { ...distributed, runCoordinator: leaderCoordinator(strict) });
    const events = eventsOf(task);
    await task.start();
    await tick();
    expect(body).not.toHaveBeenCalled();
    expect(events).toEqual(['task:started', 'execution:skipped (coordinator-error)']);
    expect(logged).toEqual([expect.stringMatching(/Run coordinator failed.*not known who leads/)]);
  });
});
