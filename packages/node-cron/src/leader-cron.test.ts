import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentTerm, type Term } from '@cluster-leader/core';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { nodeCron, type NodeCron } from 'node-cron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  cleanUp,
  EVERY_SECOND,
  eventsOf,
  logged,
  skipsOf,
  SlowLeader,
  stopTheClock,
  tick,
} from './fixtures/bench.fixture.ts';
import {
  leaderCoordinator,
  leaderCron,
  type LeaderCron,
  type LeaderTaskContext,
  type LeaderTaskOptions,
} from './index.ts';
import { endingSignal } from './runs.ts';

const REASONS = ['not-asked', 'no-leader', 'unreachable', 'invalid-answer', 'stale', 'settling', 'closed'] as const;
const NOT_LEADER = expect.objectContaining({ code: 'ERR_NOT_LEADER' });
const RAN = ['execution:started', 'execution:finished'];
const NOT_ELECTED = 'execution:skipped (not-elected)';

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

function report(): void {}

/** Runs until the signal of its term aborts. */
function untilAborted({ term }: LeaderTaskContext): Promise<void> {
  return new Promise((_resolve, reject) => {
    term.signal.addEventListener('abort', () => reject(term.signal.reason), { once: true });
  });
}

/** Lets Node.js report the rejections that are unhandled by now. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  await new Promise((resolve) => setImmediate(resolve));
}

function finished(events: readonly string[]): number {
  return events.filter((event) => event === 'execution:finished').length;
}

/** How many timers hold this process. */
function holding(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** A program of plain node-cron, and all that it sees. */
async function program({ schedule, createTask, getTask, parse, validate }: NodeCron): Promise<unknown[]> {
  const log: unknown[] = [validate('61 * * * *'), validate('@daily'), parse('5 4 * * 1').dayOfWeek];
  const each = schedule(EVERY_SECOND, (context) => {
    log.push(
      Object.keys(context).filter((key) => key !== 'term'),
      context.dateLocalIso,
      context.execution?.reason,
    );
    log.push(context.task === each);
    return 'done';
  });
  const other = createTask('*/2 * * * * *', () => Promise.reject(new Error('broken')), { name: 'other' });
  log.push(getTask(other.id)?.getPattern(), other.getStatus(), other.msToNext(), other.getNextRuns(2));
  const events = eventsOf(other);
  await other.start();
  await tick(2);
  log.push(each.lastRun(), other.lastRun(), other.name, events, await each.execute());
  await other.destroy();
  await each.stop();
  await tick();
  log.push(each.getStatus(), each.getNextRun(), getTask(other.id));
  await each.destroy();
  return log;
}

describe('a tick', () => {
  test('runs on the leader', async () => {
    leader.elect();
    const events = eventsOf(cron.schedule(EVERY_SECOND, body));
    await tick(2);
    expect(body).toHaveBeenCalledTimes(2);
    expect(events).toEqual([...RAN, ...RAN]);
  });

  test('is skipped on a follower, and the leader reports which task it was', async () => {
    const skips = skipsOf(leader);
    const events = eventsOf(cron.schedule(EVERY_SECOND, body, { name: 'report' }));
    await tick(2);
    expect(body).not.toHaveBeenCalled();
    expect(events).toEqual([NOT_ELECTED, NOT_ELECTED]);
    expect(skips).toEqual([
      { name: 'report', reason: 'follower' },
      { name: 'report', reason: 'follower' },
    ]);
    expect(logged).toEqual([]);
  });

  test('follows the leadership as it goes to and fro', async () => {
    const events = eventsOf(cron.schedule(EVERY_SECOND, body));
    await tick();
    leader.elect();
    await tick();
    leader.demote();
    await tick();
    leader.elect();
    await tick();
    expect(events).toEqual([NOT_ELECTED, ...RAN, NOT_ELECTED, ...RAN]);
    expect(body.mock.calls.map(([{ term }]) => term.number)).toEqual([1, 2]);
  });

  test.each(REASONS)('is skipped while it is not known who leads (%s)', async (reason) => {
    const skips = skipsOf(leader);
    leader.unknown(reason);
    const events = eventsOf(cron.schedule(EVERY_SECOND, body, { name: 'report' }));
    await tick();
    expect(events).toEqual([NOT_ELECTED]);
    expect(skips).toMatchObject([{ reason }]);
    expect(body).not.toHaveBeenCalled();
  });

  test("runs while it is not known who leads with onUnknown 'leader', in a term without a number", async () => {
    await using open = fakeLeader({ onUnknown: 'leader' });
    const { schedule } = leaderCron(open);
    open.unknown();
    let term: Term | undefined;
    const task = schedule(EVERY_SECOND, async (context) => {
      ({ term } = context);
      await new Promise((resolve) => term?.signal.addEventListener('abort', resolve));
    });
    await tick();
    expect(term).toMatchObject({ number: undefined, signal: { aborted: false } });
    open.demote();
    expect(term?.signal.aborted).toBe(true);
    await tick();
    expect(task.lastRun()).toMatchObject({ result: undefined });
  });

  test("is skipped with coordinator-error with onUnknown 'throw'", async () => {
    await using strict = fakeLeader({ onUnknown: 'throw' });
    strict.unknown();
    const events = eventsOf(leaderCron(strict).schedule(EVERY_SECOND, body));
    await tick();
    expect(events).toEqual(['execution:skipped (coordinator-error)']);
    expect(body).not.toHaveBeenCalled();
  });

  test('does not run once the leader is closed', async () => {
    leader.elect();
    const events = eventsOf(cron.schedule(EVERY_SECOND, body));
    await leader.close();
    await tick();
    expect(events).toEqual([NOT_ELECTED]);
  });

  test('does not run its body if leadership is lost between the check and the body', async () => {
    leader.elect();
    const skips = skipsOf(leader);
    const task = cron.schedule(EVERY_SECOND, body, { name: 'report' });
    task.on('execution:started', () => leader.demote());
    await tick();
    expect(body).not.toHaveBeenCalled();
    expect(skips).toEqual([{ name: 'report', reason: 'follower' }]);
  });
});

describe('a task that is ended while its check is in flight', () => {
  test.each(['stop', 'destroy'] as const)('does not run its body after %s()', async (end) => {
    await using slow = new SlowLeader();
    const task = leaderCron(slow).schedule(EVERY_SECOND, body);
    await tick();
    expect(slow.checks).toBe(1);
    await task[end]();
    slow.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(body).not.toHaveBeenCalled();
  });

  test('runs the body of its next tick once it is started again', async () => {
    await using slow = new SlowLeader();
    const task = leaderCron(slow).schedule(EVERY_SECOND, body);
    await tick();
    await task.stop();
    slow.answer();
    await task.start();
    await tick();
    slow.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(body.mock.calls.at(-1)?.[0].date).toEqual(new Date());
  });
});

describe('a skip', () => {
  test('leaves lastRun and maxExecutions untouched', async () => {
    const task = cron.schedule(EVERY_SECOND, body, { maxExecutions: 2 });
    const events = eventsOf(task);
    await tick(5);
    expect(task.lastRun()).toBeNull();
    expect(task.runsLeft()).toBe(2);
    leader.elect();
    body.mockReturnValue('sent');
    await tick();
    leader.demote();
    await tick(5);
    expect(task.lastRun()).toMatchObject({ date: new Date(Date.UTC(2026, 0, 1, 12, 0, 6)), result: 'sent' });
    expect(task.runsLeft()).toBe(1);
    leader.elect();
    await tick(3);
    expect(body).toHaveBeenCalledTimes(2);
    expect(events.at(-1)).toBe('task:destroyed');
  });

  test('burns an execution in a plain wrapper around the function (control)', async () => {
    const plain = vi.fn<() => void>();
    const task = nodeCron.schedule(EVERY_SECOND, leader.gate(plain), { maxExecutions: 2 });
    await tick();
    expect(plain).not.toHaveBeenCalled();
    expect(task.lastRun()).not.toBeNull();
    expect(task.runsLeft()).toBe(1);
  });
});

describe('the surface', () => {
  test('has every member of node-cron, and hands on all but four', () => {
    expect(Object.keys(cron).toSorted()).toEqual(Object.keys(nodeCron).toSorted());
    const { getTasks, getTask, validate, validateDetailed, parse, setLogger, setRunCoordinator } = cron;
    expect(nodeCron).toMatchObject({
      getTasks,
      getTask,
      validate,
      validateDetailed,
      parse,
      setLogger,
      setRunCoordinator,
    });
  });

  test('works destructured', async () => {
    const { schedule, createTask, getTasks, getTask, shutdown } = leaderCron(leader);
    const scheduled = schedule(EVERY_SECOND, body);
    const created = createTask(EVERY_SECOND, body);
    expect(getTask(scheduled.id)).toBe(scheduled);
    expect(getTasks().size).toBe(2);
    leader.elect();
    await tick();
    expect(body).toHaveBeenCalledOnce();
    await created.start();
    await tick();
    expect(body).toHaveBeenCalledTimes(3);
    await shutdown();
    expect(getTasks().size).toBe(0);
  });

  test('runs a plain node-cron program unchanged', async () => {
    leader.elect();
    const asLeader = await program(cron);
    vi.setSystemTime(Date.UTC(2026, 0, 1, 12));
    const plain = await program(nodeCron);
    expect(asLeader).toEqual(plain);
  });

  test('refuses an expression as node-cron does, and keeps no task of it', () => {
    expect(() => cron.schedule('never', body)).toThrow(/illegal characters|expected 5 or 6 fields/);
    expect(cron.getTasks().size).toBe(0);
  });
});

describe('names', () => {
  test('come from the function, and differ between two tasks of it', () => {
    const tasks = [cron.schedule('@daily', report), cron.schedule('@daily', report), cron.createTask('@daily', report)];
    expect(tasks.map(({ name }) => name)).toEqual(['report', 'report-2', 'report-3']);
  });

  test('are given to anonymous functions', () => {
    const tasks = [cron.schedule('@daily', () => {}), cron.schedule('@daily', () => {})];
    expect(tasks.map(({ name }) => name)).toEqual(['task', 'task-2']);
  });

  test('are made different if two are explicitly equal, in options and in defaults', () => {
    const named = leaderCron(leader, { name: 'nightly' });
    const tasks = [
      cron.schedule('@daily', report, { name: 'billing' }),
      cron.schedule('@daily', report, { name: 'billing' }),
      named.schedule('@daily', report),
      named.schedule('@daily', report),
      named.schedule('@daily', report, { name: 'billing' }),
    ];
    expect(tasks.map(({ name }) => name)).toEqual(['billing', 'billing-2', 'nightly', 'nightly-2', 'billing-3']);
  });

  test("differ from those of node-cron's own tasks and of another leaderCron", () => {
    nodeCron.schedule('@daily', report, { name: 'report' });
    leaderCron(leader).schedule('@daily', report, { name: 'report-2' });
    expect(cron.schedule('@daily', report).name).toBe('report-3');
  });

  test('are free again once the task is destroyed', async () => {
    const first = cron.schedule('@daily', report);
    cron.schedule('@daily', report);
    await first.destroy();
    expect(cron.schedule('@daily', report).name).toBe('report');
  });

  test('are free again once the last execution is over', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, report, { maxExecutions: 1 });
    await tick();
    expect(cron.schedule('@daily', report).name).toBe('report');
  });

  test('are not taken by a task that was refused', () => {
    expect(() => cron.schedule('never', report)).toThrow(Error);
    expect(cron.schedule('@daily', report).name).toBe('report');
  });

  test('give each of two tasks of one function ticks of its own', async () => {
    leader.elect();
    const ticks = vi.spyOn(leader, 'shouldRun');
    cron.schedule(EVERY_SECOND, body, { name: 'report' });
    cron.schedule(EVERY_SECOND, body, { name: 'report' });
    await tick();
    expect(body).toHaveBeenCalledTimes(2);
    expect(new Set(ticks.mock.calls.map(([options]) => options?.name)).size).toBe(2);
  });
});

describe('coordination', () => {
  const other = { shouldRun: () => true };

  test.each([
    ['distributed', { distributed: false }],
    ['runCoordinator', { runCoordinator: other }],
    ['runCoordinator', { runCoordinator: other, distributed: true }],
  ])('by something else is refused, naming %s', (option, options) => {
    const refused = expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(new RegExp(`^${option} is .*, but it must be absent`)),
    });
    expect(() => cron.schedule(EVERY_SECOND, body, options)).toThrow(refused);
    expect(() => cron.createTask(EVERY_SECOND, body, options)).toThrow(refused);
    expect(() => cron.schedule(EVERY_SECOND, './task.js', options)).toThrow(refused);
    expect(() => leaderCron(leader, options).schedule(EVERY_SECOND, body)).toThrow(refused);
    expect(cron.getTasks().size).toBe(0);
  });

  test('stays with the leader if node-cron has a global coordinator', async () => {
    cron.setRunCoordinator(other);
    const events = eventsOf(cron.schedule(EVERY_SECOND, body));
    await tick();
    expect(events).toEqual([NOT_ELECTED]);
  });

  test.each([undefined, 'true', 'false', 'perhaps'])('takes no notice of NODE_CRON_RUN=%s', async (value) => {
    vi.stubEnv('NODE_CRON_RUN', value);
    const events = eventsOf(cron.schedule(EVERY_SECOND, body, { distributed: true }));
    await tick();
    leader.elect();
    await tick();
    expect(events).toEqual([NOT_ELECTED, ...RAN]);
  });

  test('would need NODE_CRON_RUN without the adapter (control)', () => {
    vi.stubEnv('NODE_CRON_RUN', undefined);
    const options = { distributed: true, name: 'report' };
    expect(() => nodeCron.schedule(EVERY_SECOND, () => {}, options)).toThrow(/NODE_CRON_RUN/);
  });
});

describe('an option', () => {
  test.each<[string, object]>([
    ['gateExecutes', { gateExecutes: true }],
    ['gateExecute', { gateExecute: 'no' }],
    ['maxExecution', { maxExecution: 1 }],
  ])('that is misspelt or wrong is refused, naming %s', (option, options) => {
    const refused = expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(new RegExp(`^${option} is .*, but it must be `)),
    });
    expect(() => leaderCron(leader, options)).toThrow(refused);
    expect(() => cron.schedule('@daily', report, options)).toThrow(refused);
    expect(() => cron.createTask('@daily', './task.js', options)).toThrow(refused);
    expect(cron.getTasks().size).toBe(0);
  });

  test('of node-cron is accepted, whichever it is', () => {
    const logger = { info() {}, warn() {}, error() {}, debug() {} };
    const options: Required<Omit<LeaderTaskOptions, 'runCoordinator'>> = {
      timezone: 'UTC',
      name: 'report',
      noOverlap: true,
      distributed: true,
      distributedLease: 1_000,
      maxExecutions: 1,
      maxRandomDelay: 1,
      logger,
      suppressMissedWarning: true,
      missedExecutionTolerance: 1,
      executeTimeout: 1,
      startTimeout: 1,
      unref: true,
      gateExecute: true,
    };
    expect(cron.schedule('@daily', report, options).name).toBe('report');
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31])(
    'timeout of shutdown() is refused as %s',
    async (ms) => {
      await expect(cron.shutdown(ms)).rejects.toMatchObject({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringContaining(`timeout is ${ms}`),
      });
    },
  );

  // What JavaScript lets through.
  test.each<[string, () => unknown]>([
    ['leader', () => Reflect.apply(leaderCron, undefined, [undefined])],
    ['leader', () => Reflect.apply(leaderCoordinator, undefined, [{}])],
    ['task', () => Reflect.apply(cron.schedule, undefined, ['@daily', undefined])],
  ])('that is not a valid %s is refused', (option, call) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(`^${option} is `) }),
    );
  });
});

describe('maxRandomDelay', () => {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));

  test('does not run the body if leadership is lost during the delay', async () => {
    leader.elect();
    const skips = skipsOf(leader);
    cron.schedule(EVERY_SECOND, body, { name: 'report', maxRandomDelay: 600, maxExecutions: 1 });
    await tick();
    leader.demote();
    await vi.advanceTimersByTimeAsync(400);
    expect(body).not.toHaveBeenCalled();
    expect(skips).toEqual([{ name: 'report', reason: 'follower' }]);
  });

  test('runs the body in the present term if leadership was lost and won again during the delay', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, body, { maxRandomDelay: 600 });
    await tick();
    leader.demote();
    leader.elect();
    await vi.advanceTimersByTimeAsync(400);
    expect(body.mock.calls.map(([{ term }]) => term.number)).toEqual([2]);
  });

  test('runs the body if leadership is kept', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, body, { maxRandomDelay: 600 });
    await tick();
    expect(body).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(400);
    expect(body).toHaveBeenCalledOnce();
  });

  test('has the same effect in defaults', async () => {
    leader.elect();
    leaderCron(leader, { maxRandomDelay: 600 }).schedule(EVERY_SECOND, body);
    await tick();
    leader.demote();
    await vi.advanceTimersByTimeAsync(400);
    expect(body).not.toHaveBeenCalled();
  });

  test('has a fresh answer asked for before the body', async () => {
    leader.elect();
    const run = vi.spyOn(leader, 'runIfLeader');
    cron.schedule(EVERY_SECOND, body, { maxRandomDelay: 600 });
    cron.schedule(EVERY_SECOND, body);
    await tick();
    await vi.advanceTimersByTimeAsync(400);
    expect(run.mock.calls.map(([, options]) => options?.maxAgeMs)).toEqual([Number.POSITIVE_INFINITY, undefined]);
  });

  test("runs on a follower with node-cron's own schedule (control)", async () => {
    leader.elect();
    const runCoordinator = { shouldRun: () => leader.isLeaderNow() };
    const plain = vi.fn<() => void>();
    nodeCron.schedule(EVERY_SECOND, plain, { name: 'r', distributed: true, runCoordinator, maxRandomDelay: 600 });
    await tick();
    leader.demote();
    await vi.advanceTimersByTimeAsync(400);
    expect(plain).toHaveBeenCalledOnce();
  });
});

describe('the term of a run', () => {
  test('is the present one, and what currentTerm() finds', async () => {
    leader.elect();
    const seen: unknown[] = [];
    cron.schedule(EVERY_SECOND, async ({ term }) => {
      term.assertLeader();
      seen.push(term.number, term.signal.aborted, currentTerm() === term);
      await Promise.resolve();
      seen.push(currentTerm() === term);
    });
    await tick();
    expect(seen).toEqual([1, false, true, true]);
    expect(() => currentTerm()).toThrow(expect.objectContaining({ code: 'ERR_NO_TERM' }));
  });

  test('is added to the whole context of node-cron', async () => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, body);
    await tick();
    expect(body).toHaveBeenCalledExactlyOnceWith({
      date: new Date(),
      dateLocalIso: expect.stringMatching(/^2026-01-01T.*:00:01\.000/),
      triggeredAt: new Date(),
      task,
      execution: expect.objectContaining({ reason: 'scheduled' }),
      term: expect.objectContaining({ number: 1 }),
    });
  });

  test.each(['follower', 'unreachable', 'no-leader', 'stale'] as const)(
    'ends while the task runs where leadership is lost (%s)',
    async (reason) => {
      leader.elect();
      let term: Term | undefined;
      const task = cron.schedule(EVERY_SECOND, (context) => {
        ({ term } = context);
        return untilAborted(context);
      });
      const events = eventsOf(task);
      await tick();
      expect(term?.signal.aborted).toBe(false);
      leader.demote(reason);
      expect(term?.signal.aborted).toBe(true);
      expect(() => term?.assertLeader()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
      await tick();
      expect(events).toEqual(['execution:started', 'execution:failed', NOT_ELECTED]);
      expect(task.lastRun()?.error).toMatchObject({ code: 'ERR_NOT_LEADER' });
    },
  );

  test('ends when the leader is closed', async () => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, untilAborted);
    await tick();
    await leader.close();
    await tick();
    expect(task.lastRun()?.error).toMatchObject({ code: 'ERR_NOT_LEADER' });
  });

  test('stays ended when another begins', async () => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, async (context) => {
      body(context);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      context.term.assertLeader();
    });
    await tick();
    leader.demote();
    leader.elect();
    const [first] = body.mock.calls.map(([{ term }]) => term);
    expect(first?.number).toBe(1);
    expect(() => first?.assertLeader()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
    await tick();
    expect(body.mock.calls.map(([{ term }]) => term.number)).toEqual([1, 2]);
    await task.stop();
    await tick(2);
  });

  test('ends for work that goes on after the task has returned', async () => {
    leader.elect();
    cron.schedule(EVERY_SECOND, body);
    await tick();
    const [left] = body.mock.calls.map(([{ term }]) => term);
    leader.demote();
    expect(() => left?.assertLeader()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
    expect(left?.signal.aborted).toBe(true);
  });

  test('ends for each of many tasks in one tick, and leaves no listener on the signal of shutdown()', async () => {
    leader.elect();
    const before = getEventListeners(endingSignal(), 'abort').length;
    const tasks = Array.from({ length: 50 }, () => cron.schedule(EVERY_SECOND, untilAborted));
    await tick();
    expect(getEventListeners(endingSignal(), 'abort').length - before).toBe(1); // one for all runs of a term
    leader.demote();
    await vi.advanceTimersByTimeAsync(0);
    expect(tasks.map((task) => task.lastRun()?.error)).toEqual(tasks.map(() => NOT_LEADER));
    expect(getEventListeners(endingSignal(), 'abort').length).toBe(before);
  });
});

describe('execute() by hand', () => {
  test('runs on a follower by default, without a tick and without a term of the election', async () => {
    body.mockReturnValue('sent');
    const task = cron.createTask(EVERY_SECOND, body, { name: 'report' });
    const skips = skipsOf(leader);
    await expect(task.execute()).resolves.toBe('sent');
    const [term] = body.mock.calls.map((call) => call[0].term);
    expect(term).toMatchObject({ number: undefined, signal: { aborted: false } });
    expect(() => term?.assertLeader()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
    expect(skips).toEqual([]);
  });

  test.each(REASONS)('runs by default while it is not known who leads (%s)', async (reason) => {
    leader.unknown(reason);
    body.mockImplementation(({ term }) => term.assertLeader());
    const execution = cron.createTask(EVERY_SECOND, body).execute();
    await expect(execution).rejects.toMatchObject({ code: 'ERR_NOT_LEADER' });
    expect(body).toHaveBeenCalledOnce();
  });

  test('has a term on a follower that follows the leadership as it changes', async () => {
    const task = cron.createTask(EVERY_SECOND, ({ term }) => {
      leader.elect();
      term.assertLeader();
      leader.demote();
      term.assertLeader();
    });
    await expect(task.execute()).rejects.toMatchObject({ code: 'ERR_NOT_LEADER' });
  });

  test('has no current term on a follower', async () => {
    const execution = cron.createTask(EVERY_SECOND, () => currentTerm()).execute();
    await expect(execution).rejects.toMatchObject({ code: 'ERR_NO_TERM' });
  });

  test('runs on the leader in the real term', async () => {
    const elected = leader.elect();
    const task = cron.createTask(EVERY_SECOND, ({ term }) => {
      term.assertLeader();
      return { number: term.number, electedAt: term.electedAt, isCurrent: currentTerm() === term };
    });
    const { number, electedAt } = elected;
    await expect(task.execute()).resolves.toEqual({ number, electedAt, isCurrent: true });
  });

  test('runs by default if the check finds that the leadership is lost', async () => {
    leader.elect();
    const run = leader.runIfLeader.bind(leader);
    vi.spyOn(leader, 'runIfLeader').mockImplementation((task, options) => {
      leader.demote(); // what the question to the sidecar brings to light
      return run(task, options);
    });
    body.mockReturnValue('sent');
    await expect(cron.createTask(EVERY_SECOND, body).execute()).resolves.toBe('sent');
  });

  test('runs without a question to the sidecar, since its answer would change nothing', async () => {
    await using slow = new SlowLeader();
    void leaderCron(slow).createTask(EVERY_SECOND, body).execute();
    await vi.advanceTimersByTimeAsync(0);
    expect(body).toHaveBeenCalledOnce();
    expect(slow.checks).toBe(0);
  });

  test.each(['leader', 'follower'])(
    'still runs after shutdown(), in a term that is over, on a %s',
    async (standing) => {
      if (standing === 'leader') leader.elect();
      const task = cron.createTask(EVERY_SECOND, body);
      await cron.shutdown();
      await task.execute();
      expect(body.mock.calls.map(([{ term }]) => term.signal.aborted)).toEqual([true]);
    },
  );

  describe('whose promise nothing handles', () => {
    const unhandled = vi.fn<(error: unknown) => void>();

    const ofVitest = process.listeners('unhandledRejection');

    beforeEach(() => {
      unhandled.mockReset();
      process.removeAllListeners('unhandledRejection').on('unhandledRejection', unhandled);
    });
    afterEach(() => {
      process.off('unhandledRejection', unhandled);
      for (const listener of ofVitest) process.on('unhandledRejection', listener);
    });

    const waits: readonly (readonly [string, (context: LeaderTaskContext) => Promise<unknown>])[] = [
      ['the reason of its signal', untilAborted],
      ['assertLeader()', (context) => untilAborted(context).catch(() => context.term.assertLeader())],
      ['the AbortError of node:timers/promises', ({ term: { signal } }) => sleep(60_000, undefined, { signal })],
      [
        'an AbortError without a cause',
        (context) => untilAborted(context).catch(() => Promise.reject(new DOMException('aborted', 'AbortError'))),
      ],
    ];

    test.each(waits)('survives a demotion that ends it with %s', async (_how, work) => {
      leader.elect();
      const task = cron.createTask(EVERY_SECOND, work);
      void task.execute();
      void task.execute().then(String);
      const errors: unknown[] = [];
      void task.execute().catch((error: unknown) => errors.push(error));
      await vi.advanceTimersByTimeAsync(0);
      leader.demote();
      await settle();
      expect(errors).toHaveLength(1);
      expect(unhandled).not.toHaveBeenCalled();
    });

    test.each(waits)('survives a shutdown() on a follower that ends it with %s', async (_how, work) => {
      void cron.createTask(EVERY_SECOND, work).execute().finally(report);
      await vi.advanceTimersByTimeAsync(0);
      await cron.shutdown();
      await settle();
      expect(unhandled).not.toHaveBeenCalled();
    });

    test('reports every other error as unhandled (control)', async () => {
      leader.elect();
      const broken = new Error('broken');
      void cron.createTask(EVERY_SECOND, () => Promise.reject(broken)).execute();
      await settle();
      expect(unhandled).toHaveBeenCalledExactlyOnceWith(broken, expect.anything());
    });
  });

  describe('with gateExecute', () => {
    test('resolves with undefined on a follower, and reports the skip', async () => {
      const task = cron.createTask(EVERY_SECOND, body, { name: 'report', gateExecute: true });
      const skips = skipsOf(leader);
      await expect(task.execute()).resolves.toBeUndefined();
      expect(body).not.toHaveBeenCalled();
      expect(skips).toEqual([{ name: 'report', reason: 'follower' }]);
    });

    test.each(REASONS)('runs nothing while it is not known who leads (%s)', async (reason) => {
      leader.unknown(reason);
      const task = leaderCron(leader, { gateExecute: true }).createTask(EVERY_SECOND, body);
      await expect(task.execute()).resolves.toBeUndefined();
      expect(body).not.toHaveBeenCalled();
    });

    test('runs on the leader', async () => {
      leader.elect();
      body.mockReturnValue('sent');
      const task = cron.createTask(EVERY_SECOND, body, { gateExecute: true });
      await expect(task.execute()).resolves.toBe('sent');
    });

    test("rejects with onUnknown 'throw'", async () => {
      await using strict = fakeLeader({ onUnknown: 'throw' });
      strict.unknown();
      const task = leaderCron(strict, { gateExecute: true }).createTask(EVERY_SECOND, body);
      await expect(task.execute()).rejects.toMatchObject({ code: 'ERR_LEADER_UNKNOWN' });
      expect(body).not.toHaveBeenCalled();
    });

    test('of one task overrides the default', async () => {
      body.mockReturnValue('sent');
      const task = leaderCron(leader, { gateExecute: true }).createTask(EVERY_SECOND, body, { gateExecute: false });
      await expect(task.execute()).resolves.toBe('sent');
    });
  });
});

describe("the task's own errors", () => {
  const broken = new Error('broken');

  test.each([
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', () => Promise.reject(broken)],
  ])('are handled by node-cron if it %s', async (_how, fail: () => Promise<never>) => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, fail);
    const errors: unknown[] = [];
    task.on('execution:failed', ({ execution }) => void errors.push(execution?.error));
    await tick(2);
    expect(errors).toEqual([broken, broken]);
    expect(task.lastRun()?.error).toBe(broken);
    await expect(task.execute()).rejects.toBe(broken);
    leader.demote();
    await expect(task.execute()).rejects.toBe(broken);
    expect(logged).toEqual(Array.from({ length: 4 }, () => 'error: Error: broken'));
  });
});

describe('what node-cron offers besides', () => {
  test('timezone', async () => {
    leader.elect();
    const task = cron.schedule('0 0 21 1 1 *', body, { timezone: 'Asia/Tokyo' }); // 12:00:00 UTC
    expect(task.getNextRun()).toEqual(new Date(Date.UTC(2027, 0, 1, 12)));
    vi.setSystemTime(Date.UTC(2026, 0, 1, 11, 59, 59));
    await task.stop();
    await task.start();
    await tick();
    expect(body.mock.calls.map(([{ dateLocalIso }]) => dateLocalIso)).toEqual(['2026-01-01T21:00:00.000+09:00']);
  });

  test('noOverlap', async () => {
    leader.elect();
    body.mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    const task = cron.schedule(EVERY_SECOND, body, { noOverlap: true });
    const events = eventsOf(task);
    await tick(3);
    expect(events).toEqual(['execution:started', 'execution:overlap', 'execution:finished', 'execution:started']);
    expect(logged).toEqual([expect.stringContaining('task still running')]);
    await task.stop();
    await tick(2);
  });

  test('missed executions', async () => {
    leader.elect();
    const events = eventsOf(cron.schedule(EVERY_SECOND, body));
    vi.setSystemTime(Date.UTC(2026, 0, 1, 12, 0, 5)); // as after a blocked event loop
    await vi.advanceTimersByTimeAsync(1_000);
    expect(events.filter((event) => event === 'execution:missed').length).toBeGreaterThanOrEqual(4);
    expect(events).toEqual(expect.arrayContaining(RAN));
  });

  test('unref', () => {
    vi.useRealTimers();
    const before = holding();
    const task = cron.schedule('@yearly', body, { unref: true });
    expect(holding()).toBe(before);
    task.ref();
    expect(holding()).toBe(before + 1);
    task.unref();
    expect(holding()).toBe(before);
  });

  test('a logger of its own', async () => {
    leader.elect();
    const error = vi.fn<(message: string | Error) => void>();
    const silent = { info: () => {}, warn: () => {}, debug: () => {}, error };
    const task = cron.schedule(EVERY_SECOND, () => Promise.reject(new Error('broken')), { logger: silent });
    await tick();
    expect(error).toHaveBeenCalledExactlyOnceWith(task.lastRun()?.error);
    expect(logged).toEqual([]);
  });

  test('defaults, for every task that does not say otherwise', async () => {
    leader.elect();
    const { schedule } = leaderCron(leader, { maxExecutions: 1 });
    const once = eventsOf(schedule(EVERY_SECOND, body));
    const twice = eventsOf(schedule(EVERY_SECOND, body, { maxExecutions: 2 }));
    await tick(3);
    expect([finished(once), finished(twice)]).toEqual([1, 2]);
  });

  test('stop and start', async () => {
    leader.elect();
    const task = cron.schedule(EVERY_SECOND, body);
    await task.stop();
    await tick();
    expect(body).not.toHaveBeenCalled();
    await task.start();
    await tick();
    expect(body).toHaveBeenCalledOnce();
  });
});
