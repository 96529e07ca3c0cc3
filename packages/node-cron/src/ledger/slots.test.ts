import { currentTerm } from '@cluster-leader/core';
import { currentRun, memoryStore, RunLedger, type LedgerEvents, type RunStore } from '@cluster-leader/ledger';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cleanUp, EVERY_SECOND, eventsOf, stopTheClock, tick } from '../fixtures/bench.fixture.ts';
import { leaderCron, type LedgerCron, type LedgerTaskContext } from '../index.ts';

const START_MS = Date.UTC(2026, 0, 1, 12);

interface Pod {
  readonly leader: FakeLeader;
  readonly ledger: RunLedger;
  readonly cron: LedgerCron;
  readonly events: (readonly [string, object])[];
}

let store: RunStore;
const pods: Pod[] = [];
const body = vi.fn<(context: LedgerTaskContext) => unknown>();

beforeEach(() => {
  stopTheClock();
  body.mockReset();
  store = memoryStore();
});
afterEach(async () => {
  vi.restoreAllMocks();
  const closing = Promise.all(pods.map(({ ledger }) => ledger.close()));
  await pass(6); // for what is on its way to the store
  await closing;
  await cleanUp(pods.splice(0).map(({ leader }) => leader));
});

/** Starts a pod that leads. */
function leadingPod(name = 'a'): Pod {
  const leader = fakeLeader({ logger: {} });
  leader.elect();
  const ledger = new RunLedger({ namespace: 'test', pod: name, store, logger: {} });
  const events: (readonly [string, object])[] = [];
  const names: (keyof LedgerEvents)[] = ['skipped', 'gaveUp', 'interrupted', 'failed'];
  for (const event of names) ledger.on(event, (detail) => void events.push([event, detail]));
  const pod = { leader, ledger, cron: leaderCron(leader, { ledger }), events };
  pods.push(pod);
  return pod;
}

/** Goes on by full seconds, and in each lets everything happen that needs no timer. */
async function pass(seconds = 1): Promise<void> {
  for (let done = 0; done < seconds; done += 1) {
    await tick();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Seconds after the start. */
function second(count: number): Date {
  return new Date(START_MS + count * 1_000);
}

function slotsRun(): number[] {
  return body.mock.calls.map(([{ run }]) => (run.slot.getTime() - START_MS) / 1_000);
}

/** Runs until its signal aborts. */
function untilAborted({ run }: LedgerTaskContext): Promise<void> {
  return new Promise((_resolve, reject) => {
    run.signal.addEventListener('abort', () => reject(run.signal.reason), { once: true });
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function recorded(pod: Pod): Promise<unknown[]> {
  await pass();
  const runs = await pod.ledger.runs();
  return runs.map(({ slot, state, madeUp }) => [(slot.getTime() - START_MS) / 1_000, state, madeUp]).toReversed();
}

describe('a tick', () => {
  test('runs in the context of its run, whose slot is the scheduled instant', async () => {
    const { cron } = leadingPod();
    body.mockImplementation(({ run, term, date }) => {
      expect(run).toBe(currentRun());
      expect(term).toBe(currentTerm());
      expect(run).toMatchObject({ job: 'report', slot: date, attempt: 1, madeUp: false });
    });
    const task = cron.schedule(EVERY_SECOND, body, { name: 'report' });
    const events = eventsOf(task);
    await pass(2);
    expect(slotsRun()).toEqual([1, 2]);
    expect(events.filter((event) => event === 'execution:failed')).toEqual([]);
  });

  test('runs on one of two pods that lead at once', async () => {
    const [one, other] = [leadingPod('a'), leadingPod('b')];
    for (const { cron } of [one, other]) cron.schedule(EVERY_SECOND, body, { name: 'report' });
    await pass(5);
    expect(slotsRun()).toEqual(range(1, 5));
    const skips = [...one.events, ...other.events].filter(([event]) => event === 'skipped');
    expect(skips).toHaveLength(5);
    expect(skips[0]).toEqual(['skipped', { job: 'report', slot: second(1), reason: 'claimed' }]);
  });

  test('is skipped if the store does not answer, whoever leads', async () => {
    const { cron, events } = leadingPod();
    vi.spyOn(store, 'claim').mockRejectedValue(new Error('gone'));
    cron.schedule(EVERY_SECOND, body, { name: 'report' });
    await pass();
    expect(body).not.toHaveBeenCalled();
    expect(events).toContainEqual(['skipped', { job: 'report', slot: second(1), reason: 'ledger-unavailable' }]);
  });

  test('claims its slot after its random delay, and not if it is stopped before', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { cron, ledger } = leadingPod();
    const task = cron.schedule('*/10 * * * * *', body, { name: 'report', maxRandomDelay: 8_000 });
    await pass(13);
    expect(await ledger.runs()).toEqual([]);
    await pass();
    expect(slotsRun()).toEqual([10]);
    await pass(8);
    await task.stop();
    await pass(8);
    expect((await ledger.runs()).map(({ slot }) => slot)).toEqual([second(10)]);
  });

  test('records a slot that overlaps the run before it as skipped under noOverlap', async () => {
    const pod = leadingPod();
    body.mockImplementationOnce(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    const task = pod.cron.schedule(EVERY_SECOND, body, { name: 'report', noOverlap: true });
    await pass(3);
    await task.stop();
    expect(await recorded(pod)).toEqual([
      [1, 'succeeded', false],
      [2, 'skipped', false],
      [3, 'succeeded', false],
    ]);
    expect(pod.events).toEqual([['skipped', { job: 'report', slot: second(2), reason: 'overlap' }]]);
  });

  test('overlaps the run before it without noOverlap, and records both', async () => {
    const pod = leadingPod();
    body.mockImplementationOnce(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    pod.cron.schedule(EVERY_SECOND, body, { name: 'report' });
    await pass(2);
    expect(await recorded(pod)).toEqual(range(1, 3).map((slot) => [slot, 'succeeded', false]));
    expect(slotsRun()).toEqual([1, 2, 3]);
  });

  test('records what a run rejects with, and emits execution:failed as without a ledger', async () => {
    const pod = leadingPod();
    body.mockRejectedValueOnce(new Error('broken'));
    const task = pod.cron.schedule(EVERY_SECOND, body, { name: 'report' });
    const events = eventsOf(task);
    await pass();
    await task.stop();
    expect(events).toContain('execution:failed');
    await pass();
    expect(await pod.ledger.runs()).toMatchObject([{ state: 'failed', error: expect.stringContaining('broken') }]);
  });
});

describe('a run by hand', () => {
  test.each([{ gateExecute: false }, { gateExecute: true }])('claims nothing ($gateExecute)', async (options) => {
    const { cron, ledger } = leadingPod();
    const task = cron.createTask(EVERY_SECOND, () => 'done', { name: 'report', ...options });
    expect(await task.execute()).toBe('done');
    expect(await ledger.runs()).toEqual([]);
  });

  test('has no run, and reading it says why', async () => {
    const { cron } = leadingPod();
    const task = cron.createTask(EVERY_SECOND, ({ run }) => run.key, { name: 'report' });
    await expect(task.execute()).rejects.toMatchObject({
      code: 'ERR_NO_TERM',
      message: expect.stringContaining('executed by hand'),
    });
  });
});

describe('missed slots', () => {
  test("are all made up in their order after a time without a leader, with catchUp 'all'", async () => {
    const pod = leadingPod();
    pod.cron.schedule(EVERY_SECOND, body, { name: 'report', catchUp: 'all' });
    await pass(3);
    pod.leader.demote();
    await pass(20);
    pod.leader.elect();
    await pass(20);
    expect(slotsRun().toSorted((a, b) => a - b)).toEqual(range(1, 43));
    const madeUp = body.mock.calls.filter(([{ run }]) => run.madeUp).map(([context]) => context);
    expect(madeUp.map(({ run }) => run.slot)).toEqual(range(4, 23).map(second));
    expect(madeUp[0]).toMatchObject({
      date: second(4),
      dateLocalIso: expect.stringContaining(':00:04.000'),
      execution: { reason: 'scheduled' },
      task: { name: 'report' },
      term: { number: 2 },
    });
  });

  test("are made up by the newest with catchUp 'latest', and the others are reported", async () => {
    const pod = leadingPod();
    pod.cron.schedule('*/5 * * * * *', body, { name: 'report', catchUp: 'latest' });
    await pass(5);
    pod.leader.demote();
    await pass(24);
    pod.leader.elect();
    await pass();
    expect(slotsRun().toSorted((a, b) => a - b)).toEqual([5, 20, 30]);
    expect(pod.events).toEqual([['gaveUp', { job: 'report', count: 2, from: second(10), to: second(15) }]]);
  });

  test('are made up when the event loop was blocked for 10 s', async () => {
    const pod = leadingPod();
    pod.cron.schedule(EVERY_SECOND, body, { name: 'report', catchUp: 'all' });
    await pass(2);
    vi.setSystemTime(second(12)); // the timer for second 3 is still to come
    await pass(20);
    expect(slotsRun().toSorted((a, b) => a - b)).toEqual(range(1, slotsRun().length));
    expect(slotsRun().length).toBeGreaterThanOrEqual(30);
  });

  test('are not those of a task that is stopped, and end with it', async () => {
    const pod = leadingPod();
    const task = pod.cron.schedule(EVERY_SECOND, body, { name: 'report', catchUp: 'all' });
    await pass();
    pod.leader.demote();
    await pass(10);
    body.mockReset();
    body.mockImplementation(untilAborted);
    pod.leader.elect();
    await pass();
    expect(slotsRun()).toContain(2);
    await task.stop();
    const begun = body.mock.calls.length;
    await pass(70);
    expect(body).toHaveBeenCalledTimes(begun);
    for (const [{ run }] of body.mock.calls) expect(run.signal.aborted).toBe(true);
  });

  test('are made up again once the task is started again', async () => {
    const pod = leadingPod();
    const task = pod.cron.schedule(EVERY_SECOND, body, { name: 'report', catchUp: 'all' });
    await pass(2);
    await task.stop();
    await pass(10);
    await task.start();
    await pass(20);
    expect(slotsRun().toSorted((a, b) => a - b)).toEqual(range(1, 32));
  });
});

describe('shutdown()', () => {
  test('aborts and awaits a run that is made up', async () => {
    const pod = leadingPod();
    pod.cron.schedule('*/5 * * * * *', body, { name: 'report', catchUp: 'all' });
    await pass();
    pod.leader.demote();
    await pass(13);
    body.mockImplementation(untilAborted);
    pod.leader.elect();
    await pass(2);
    expect(slotsRun()).toContain(5);
    await pod.cron.shutdown();
    expect(body.mock.calls[0]?.[0].run.signal.aborted).toBe(true);
    const begun = slotsRun();
    await pass(10);
    expect(slotsRun()).toEqual(begun);
    expect(await pod.ledger.runs()).toContainEqual(
      expect.objectContaining({ slot: second(5), state: 'interrupted', madeUp: true }),
    );
  });
});

describe('an impossible task is refused:', () => {
  const name = 'report';

  test('one without a name', () => {
    const { cron } = leadingPod();
    // @ts-expect-error -- the name is missing
    expect(() => cron.schedule(EVERY_SECOND, body)).toThrow(/^name is undefined, but it must be a name of its own/);
  });

  test.each(['schedule', 'createTask'] as const)('a second one of the same name (%s)', async (create) => {
    const { cron } = leadingPod();
    const first = cron.createTask(EVERY_SECOND, body, { name });
    expect(() => cron[create](EVERY_SECOND, body, { name })).toThrow(/^name is 'report', but it must be/);
    await first.destroy();
    await cron.createTask(EVERY_SECOND, body, { name }).destroy();
  });

  test('maxExecutions with catchUp', () => {
    const { cron } = leadingPod();
    const options = { name, maxExecutions: 1, catchUp: 'all' } as const;
    expect(() => cron.schedule(EVERY_SECOND, body, options)).toThrow(
      /^maxExecutions is 1, but it must be absent with catchUp/,
    );
    expect(cron.getTasks().size).toBe(0);
  });

  test('a task in a file', () => {
    const { cron } = leadingPod();
    expect(() => cron.schedule(EVERY_SECOND, './task.js', { name })).toThrow(
      /^task is '.\/task.js', but it must be a function/,
    );
    expect(cron.getTasks().size).toBe(0);
  });

  test('what the ledger refuses, and nothing of it stays', () => {
    const { cron } = leadingPod();
    for (const create of [cron.schedule, cron.createTask]) {
      expect(() => create(EVERY_SECOND, body, { name, maxCatchUp: 0 })).toThrow(/^maxCatchUp is 0, but it must be/);
    }
    expect(cron.getTasks().size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('catch-up with a version of node-cron that does not name its slots', () => {
    const { cron } = leadingPod();
    const probe = cron.createTask(EVERY_SECOND, body, { name: 'probe' });
    const matcher = Object.getPrototypeOf(Reflect.get(probe, 'timeMatcher'));
    vi.spyOn(matcher, 'getNextMatch', 'get').mockReturnValue(undefined);
    expect(() => cron.schedule(EVERY_SECOND, body, { name, catchUp: 'all' })).toThrow(
      "catchUp is 'all', but it must be 'none', as this version of node-cron",
    );
  });

  test('options of a ledger without one, and a ledger that is none', () => {
    const { leader } = leadingPod();
    const options: object = { catchUp: 'all' };
    expect(() => leaderCron(leader).schedule(EVERY_SECOND, () => {}, options)).toThrow(
      /^catchUp is 'all', but it must be absent without a ledger/,
    );
    // @ts-expect-error -- not a ledger
    expect(() => leaderCron(leader, { ledger: 'postgres' })).toThrow(
      /^ledger is 'postgres', but it must be a RunLedger/,
    );
  });
});
