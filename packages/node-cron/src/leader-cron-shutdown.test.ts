import type { Term } from '@cluster-leader/core';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { nodeCron } from 'node-cron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cleanUp, EVERY_SECOND, skipsOf, SlowLeader, stopTheClock, tick } from './fixtures/bench.fixture.ts';
import { leaderCron, type LeaderCron, type LeaderTaskContext } from './index.ts';

const NOT_LEADER = expect.objectContaining({ code: 'ERR_NOT_LEADER' });

let leader: FakeLeader;
let cron: LeaderCron;
const body = vi.fn<(context: LeaderTaskContext) => unknown>();

beforeEach(() => {
  stopTheClock();
  body.mockReset();
  leader = fakeLeader();
  cron = leaderCron(leader);
});
afterEach(() => cleanUp([leader]));

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs until its term has ended, and for as long as it takes to tidy up. */
function tidyUpFor(ms: number) {
  return ({ term }: LeaderTaskContext): Promise<void> =>
    new Promise((resolve) => term.signal.addEventListener('abort', () => void after(ms).then(resolve)));
}

/** Begins a run of `body` by hand, which goes on until its term has ended. */
async function startByHand(): Promise<Term | undefined> {
  const task = cron.createTask(EVERY_SECOND, (context) => {
    body(context);
    return tidyUpFor(0)(context);
  });
  void task.execute();
  await vi.advanceTimersByTimeAsync(0);
  return body.mock.calls.at(-1)?.[0].term;
}

async function shutdown(): Promise<void> {
  await Promise.all([cron.shutdown(), vi.advanceTimersByTimeAsync(0)]);
}

/** Says what has become of `promise` so far. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true));
  await vi.advanceTimersByTimeAsync(0);
  return settled;
}

describe('shutdown()', () => {
  test('stops the ticks first, then ends the terms of running work, then waits for it', async () => {
    leader.elect();
    const order: string[] = [];
    const task = cron.schedule(EVERY_SECOND, ({ term }) => {
      order.push('tick');
      return new Promise<void>((resolve) => {
        term.signal.addEventListener('abort', () => {
          order.push(`aborted while ${task.getStatus()}`);
          void after(1_500).then(resolve);
        });
      });
    });
    task.on('execution:finished', () => void order.push('finished'));
    await tick();
    const done = cron.shutdown(2_000).then(() => order.push('done'));
    expect(order).toEqual(['tick', 'aborted while destroyed']);
    await vi.advanceTimersByTimeAsync(1_499);
    expect(order).toEqual(['tick', 'aborted while destroyed']);
    await vi.advanceTimersByTimeAsync(1);
    await done;
    expect(order).toEqual(['tick', 'aborted while destroyed', 'finished', 'done']);
    expect(cron.getTasks().size).toBe(0);
  });

  test('waits no longer than its limit', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, () => new Promise(() => {}));
    await tick();
    const done = cron.shutdown(700);
    await vi.advanceTimersByTimeAsync(699);
    expect(await isSettled(done)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(done)).toBe(true);
    expect(cron.getTasks().size).toBe(0);
  });

  test("waits for node-cron's five seconds if no limit is given", async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, () => new Promise(() => {}));
    await tick();
    const done = cron.shutdown();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(await isSettled(done)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(done)).toBe(true);
  });

  test('waits for each of the runs of a task that overlap, and so does a second call', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, () => after(2_500));
    await tick(2);
    const [first, second] = [cron.shutdown(), cron.shutdown()];
    await vi.advanceTimersByTimeAsync(2_499);
    expect([await isSettled(first), await isSettled(second)]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([await isSettled(first), await isSettled(second)]).toEqual([true, true]);
  });

  test('waits for what runs in a task that was stopped before', async () => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, () => after(500));
    await tick();
    await task.stop();
    const done = cron.shutdown();
    await vi.advanceTimersByTimeAsync(499);
    expect(await isSettled(done)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(done)).toBe(true);
  });

  test('waits for what node-cron itself runs beside, and forgets what outlived the limit', async () => {
    leader.elect();
    const task = nodeCron.schedule(EVERY_SECOND, () => after(500));
    cron.schedule(EVERY_SECOND, () => new Promise(() => {}));
    await tick();
    const done = cron.shutdown(1_000);
    await vi.advanceTimersByTimeAsync(499);
    expect(task.getStatus()).toBe('stopped');
    await vi.advanceTimersByTimeAsync(501);
    expect(await isSettled(done)).toBe(true);
    expect(task.getStatus()).toBe('destroyed');
    expect(await isSettled(cron.shutdown())).toBe(true);
  });

  test('leaves no timer behind', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, tidyUpFor(300));
    await tick();
    const done = cron.shutdown();
    await vi.advanceTimersByTimeAsync(300);
    await done;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not wait if nothing runs', async () => {
    cron.schedule(EVERY_SECOND, body);
    await tick();
    await cron.shutdown();
    await cron.shutdown();
    leader.elect();
    await tick(2);
    expect(body).not.toHaveBeenCalled();
  });

  test('is not held up by work that fails as its term ends', async () => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, async (context) => {
      await tidyUpFor(100)(context);
      context.term.assertLeader();
    });
    await tick();
    const done = cron.shutdown(2_000);
    await vi.advanceTimersByTimeAsync(100);
    await done;
    expect(task.lastRun()?.error).toEqual(NOT_LEADER);
  });

  test('leaves the leader as it is, and aborts the work with the reason', async () => {
    const elected = leader.elect();
    cron.schedule(EVERY_SECOND, (context) => {
      body(context);
      return tidyUpFor(0)(context);
    });
    await tick();
    await Promise.all([cron.shutdown(), vi.advanceTimersByTimeAsync(1)]);
    expect(body.mock.calls.map(([{ term }]) => term.signal.reason)).toEqual([NOT_LEADER]);
    expect(leader.isLeaderNow()).toBe(true);
    expect(elected.signal.aborted).toBe(false);
  });

  test('ends the running work of every leaderCron, since it ends the tasks of all', async () => {
    leader.elect();
    leaderCron(leader).schedule(EVERY_SECOND, (context) => {
      body(context);
      return tidyUpFor(100)(context);
    });
    await tick();
    const done = cron.shutdown(2_000);
    expect(await isSettled(done)).toBe(false);
    expect(body.mock.calls.map(([{ term }]) => term.signal.aborted)).toEqual([true]);
    await vi.advanceTimersByTimeAsync(100);
    expect(await isSettled(done)).toBe(true);
  });

  test('lets new tasks be scheduled, which run in terms that go on', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, tidyUpFor(0), { name: 'report' });
    await tick();
    await Promise.all([cron.shutdown(), vi.advanceTimersByTimeAsync(1)]);
    const task = cron.schedule(EVERY_SECOND, body, { name: 'report' });
    expect(task.name).toBe('report');
    await tick();
    expect(body.mock.calls.map(([{ term }]) => [term.number, term.signal.aborted])).toEqual([[1, false]]);
    await expect(task.execute()).resolves.toBeUndefined();
    expect(body).toHaveBeenCalledTimes(2);
  });
});

describe('a tick whose check is in flight at shutdown()', () => {
  let slow: SlowLeader;

  beforeEach(() => {
    slow = new SlowLeader();
    cron = leaderCron(slow);
  });
  afterEach(() => slow.close());

  test('does not run its body', async () => {
    const skips = skipsOf(slow);
    cron.schedule(EVERY_SECOND, body, { name: 'report' });
    await tick();
    expect(slow.checks).toBe(1);
    const done = cron.shutdown();
    slow.answer();
    await done;
    await vi.advanceTimersByTimeAsync(0);
    expect(body).not.toHaveBeenCalled();
    expect(skips).toEqual([{ name: 'report', reason: 'closed' }]);
  });

  test('runs its body without a shutdown (control)', async () => {
    cron.schedule(EVERY_SECOND, body);
    await tick();
    slow.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(body).toHaveBeenCalledOnce();
  });

  test('does not run its body if the check is the second one, after a random delay', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    cron.schedule(EVERY_SECOND, body, { maxRandomDelay: 600 });
    await tick();
    slow.answer();
    await vi.advanceTimersByTimeAsync(300); // the delay
    expect(slow.checks).toBe(2);
    const done = cron.shutdown(100);
    slow.answer();
    await vi.advanceTimersByTimeAsync(100);
    await done;
    expect(body).not.toHaveBeenCalled();
  });

  test('does not run its body if it was executed by hand and is gated', async () => {
    const task = cron.createTask(EVERY_SECOND, body, { gateExecute: true });
    const execution = task.execute();
    await vi.advanceTimersByTimeAsync(0);
    expect(slow.checks).toBe(1);
    const done = cron.shutdown();
    slow.answer();
    await Promise.all([done, expect(execution).resolves.toBeUndefined()]);
    expect(body).not.toHaveBeenCalled();
  });
});

describe('a tick that is in its random delay at shutdown()', () => {
  /** The second tick begins its delay before the first has ended its own. */
  const maxRandomDelay = 2_600;

  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    leader.elect();
  });

  test('is not waited for, and never runs its body', async () => {
    const task = cron.schedule(EVERY_SECOND, body, { maxRandomDelay });
    await tick(2);
    expect(task.getStatus()).toBe('running');
    expect(await isSettled(cron.shutdown())).toBe(true);
    await vi.advanceTimersByTimeAsync(maxRandomDelay);
    expect(body).not.toHaveBeenCalled();
  });

  test('runs its body without a shutdown (control)', async () => {
    cron.schedule(EVERY_SECOND, body, { maxRandomDelay });
    await tick(2);
    await vi.advanceTimersByTimeAsync(maxRandomDelay / 2);
    expect(body).toHaveBeenCalledTimes(2);
  });

  test('is not waited for beside a run of the same task that is', async () => {
    vi.mocked(Math.random).mockReturnValueOnce(0);
    cron.schedule(EVERY_SECOND, () => after(1_400), { maxRandomDelay });
    await tick(2);
    const done = cron.shutdown();
    await vi.advanceTimersByTimeAsync(399);
    expect(await isSettled(done)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(done)).toBe(true);
    await vi.advanceTimersByTimeAsync(maxRandomDelay);
  });
});

describe('a run by hand', () => {
  test('is waited for', async () => {
    const task = cron.createTask(EVERY_SECOND, tidyUpFor(800));
    void task.execute();
    await vi.advanceTimersByTimeAsync(0);
    const done = cron.shutdown();
    await vi.advanceTimersByTimeAsync(799);
    expect(await isSettled(done)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(done)).toBe(true);
  });

  test('has its term ended by shutdown() on the leader', async () => {
    leader.elect();
    const term = await startByHand();
    expect(term?.signal.aborted).toBe(false);
    await shutdown();
    expect(term?.signal.reason).toEqual(NOT_LEADER);
  });

  test('has its signal aborted by shutdown() on a follower', async () => {
    const term = await startByHand();
    expect(term?.signal.aborted).toBe(false);
    await shutdown();
    expect(term?.signal.aborted).toBe(true);
  });

  test('has the same reason in its signal on a follower as on the leader', async () => {
    const term = await startByHand();
    await shutdown();
    expect(term?.signal.reason).toEqual(NOT_LEADER);
  });

  test('has no lead after shutdown(), even if the pod has been elected meanwhile', async () => {
    const term = await startByHand();
    leader.elect();
    await shutdown();
    expect(() => term?.assertLeader()).toThrow(NOT_LEADER);
  });
});
