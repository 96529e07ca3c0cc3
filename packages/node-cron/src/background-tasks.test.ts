import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import { nodeCron, type ScheduledTask, type TaskContext } from 'node-cron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  children,
  cleanUp,
  EVERY_SECOND,
  eventsOf,
  logged,
  noChildren,
  PATIENT,
  quiet,
  skipsOf,
  SlowLeader,
} from './fixtures/bench.fixture.ts';
import { createBeside } from './fixtures/elsewhere/schedule-beside.fixture.ts';
import { leaderCron, type LeaderCron } from './index.ts';

const ECHO = './fixtures/echo-task.fixture.ts';
const ECHO_URL = new URL(ECHO, import.meta.url).href;
const ELSEWHERE_URL = new URL('./fixtures/elsewhere/echo-task.fixture.ts', import.meta.url).href;

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** A busy machine may take longer to start a process than node-cron's five seconds. */
const IN_TIME = { startTimeout: PATIENT.timeout };

let leader: FakeLeader;
let cron: LeaderCron;

beforeEach(() => {
  quiet();
  leader = fakeLeader();
  cron = leaderCron(leader, IN_TIME);
});
afterEach(async () => {
  await cleanUp([leader]);
  await noChildren();
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The next `event` of a task. */
function nextOf(task: ScheduledTask, event: Parameters<ScheduledTask['once']>[0]): Promise<TaskContext> {
  return new Promise((resolve) => task.once(event, resolve));
}

/** The file that a task has run. */
async function where(task: ScheduledTask): Promise<unknown> {
  await task.start();
  const { file } = await task.execute();
  return file;
}

async function started(): Promise<{ task: ScheduledTask; pid: number }> {
  const task = cron.createTask('@yearly', ECHO);
  await task.start();
  const { pid } = await task.execute();
  expect(isAlive(pid)).toBe(true);
  return { task, pid };
}

describe('a background task', () => {
  test('is skipped on a follower and runs on the leader, unchanged by the skip', async () => {
    const skips = skipsOf(leader);
    const task = cron.schedule(EVERY_SECOND, ECHO, { name: 'echo', maxExecutions: 5 });
    const events = eventsOf(task);
    await expect(nextOf(task, 'execution:skipped')).resolves.toMatchObject({ reason: 'not-elected' });
    expect(events).not.toContain('execution:started');
    expect(task.lastRun()).toBeNull();
    expect(task.runsLeft()).toBe(5);
    expect(skips).toEqual([{ name: 'echo', reason: 'follower' }]);
    leader.elect();
    const { execution } = await nextOf(task, 'execution:finished');
    expect(execution).toMatchObject({ reason: 'scheduled', result: { file: ECHO_URL } });
    expect(execution?.result.pid).not.toBe(process.pid);
    expect(task.runsLeft()).toBe(4);
  });

  test("is skipped while it is not known who leads, even with onUnknown 'throw'", async () => {
    await using strict = fakeLeader({ onUnknown: 'throw' });
    const skips = [leader, strict].map((unsure) => {
      unsure.unknown();
      return nextOf(leaderCron(unsure, IN_TIME).schedule(EVERY_SECOND, ECHO), 'execution:skipped');
    });
    expect((await Promise.all(skips)).map(({ reason }) => reason)).toEqual(['not-elected', 'coordinator-error']);
  });

  test('does not begin if its check is in flight at shutdown()', async () => {
    await using slow = new SlowLeader();
    const task = leaderCron(slow, IN_TIME).schedule(EVERY_SECOND, ECHO);
    const skips = skipsOf(slow);
    await vi.waitFor(() => expect(slow.checks).toBe(1), PATIENT);
    const events = eventsOf(task);
    const done = cron.shutdown();
    slow.answer();
    await done;
    await noChildren();
    expect(events).not.toContain('execution:started');
    expect(skips).toMatchObject([{ reason: 'closed' }]);
  });

  test('is refused with a random delay, after which nothing would ask again', () => {
    const message = expect.stringContaining('maxRandomDelay');
    const refused = expect.objectContaining({ code: 'ERR_INVALID_OPTION', message });
    expect(() => cron.createTask(EVERY_SECOND, ECHO, { maxRandomDelay: 600 })).toThrow(refused);
    expect(() => leaderCron(leader, { maxRandomDelay: 600 }).schedule(EVERY_SECOND, ECHO)).toThrow(refused);
  });
});

describe('the file of a background task', () => {
  test.each([
    ['a relative path', ECHO],
    ['an absolute path', fileURLToPath(ECHO_URL)],
    ['a file URL', ECHO_URL],
  ])('may be %s', async (_form, file) => {
    await expect(where(cron.createTask('@yearly', file))).resolves.toBe(ECHO_URL);
  });

  test('is looked for beside the module that schedules', async () => {
    await expect(where(createBeside(cron, './echo-task.fixture.ts'))).resolves.toBe(ELSEWHERE_URL);
  });

  test('is looked for beside the CommonJS file that schedules', async () => {
    const commonjs: { createBeside: typeof createBeside } = require('./fixtures/elsewhere/schedule-beside.fixture.cjs');
    await expect(where(commonjs.createBeside(cron, './echo-task.fixture.ts'))).resolves.toBe(ELSEWHERE_URL);
  });

  test('is looked for beside a program of either kind, which ends with its task', async () => {
    const runs = ['program.fixture.mjs', 'program.fixture.cjs'].map(async (program) => {
      const path = fileURLToPath(new URL(`./fixtures/elsewhere/${program}`, import.meta.url));
      const { stdout, stderr } = await run(process.execPath, ['--conditions=@cluster-leader/source', path]);
      expect(stderr).toBe('');
      const said: { file: string; pid: number; name: string } = JSON.parse(stdout);
      expect(said).toMatchObject({ file: ELSEWHERE_URL, name: 'echo-task.fixture.ts' });
      expect(isAlive(said.pid)).toBe(false);
    });
    await Promise.all(runs);
    expect.assertions(6);
  });

  test('gives the task its name, and two tasks of one file different ones', () => {
    const tasks = [cron.createTask('@yearly', ECHO), cron.createTask('@yearly', ECHO_URL)];
    expect(tasks.map(({ name }) => name)).toEqual(['echo-task.fixture.ts', 'echo-task.fixture.ts-2']);
  });

  test('that is missing fails the start as in node-cron, and leaves no child process', async () => {
    await expect(cron.createTask('@yearly', './no-such-task.js').start()).rejects.toThrow(/no-such-task/);
    await noChildren();
  });
});

describe('execute() of a background task', () => {
  test('runs on a follower by default', async () => {
    const task = cron.createTask('@yearly', ECHO);
    await task.start();
    await expect(task.execute()).resolves.toMatchObject({ file: ECHO_URL, reason: 'invoked' });
  });

  test('runs only on the leader with gateExecute', async () => {
    const skips = skipsOf(leader);
    const task = cron.createTask('@yearly', ECHO, { name: 'echo', gateExecute: true });
    await task.start();
    await expect(task.execute()).resolves.toBeUndefined();
    expect(skips).toEqual([{ name: 'echo', reason: 'follower' }]);
    leader.elect();
    await expect(task.execute()).resolves.toMatchObject({ file: ECHO_URL });
  });

  test("rejects with the task's own error", async () => {
    leader.elect();
    const task = cron.createTask('@yearly', './fixtures/broken-task.fixture.ts');
    const events = eventsOf(task);
    await task.start();
    await expect(task.execute()).rejects.toEqual(new RangeError('broken in the background'));
    expect(events).toContain('execution:failed');
    expect(logged).toEqual([expect.stringContaining('broken in the background')]);
  });

  test('rejects before the start as in node-cron', async () => {
    await expect(cron.createTask('@yearly', ECHO).execute()).rejects.toThrow(/hasn't been started/);
  });
});

describe('the child process of a background task', () => {
  test('ends with stop()', async () => {
    const { task, pid } = await started();
    await task.stop();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENT);
  });

  test('ends with destroy()', async () => {
    const { task, pid } = await started();
    // node-cron kills it before its farewell has come, and may wait for that in vain: only the process counts here.
    const destroyed = Promise.resolve(task.destroy());
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENT);
    await task.destroy();
    await destroyed;
  });

  test('is another one after stop() and start()', async () => {
    const { task, pid } = await started();
    await task.stop();
    await task.start();
    const { pid: second } = await task.execute();
    expect(second).not.toBe(pid);
  });

  test('ends with shutdown(), which goes on to let tasks be scheduled', async () => {
    const { pid } = await started();
    await cron.shutdown();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENT);
    await started();
  });

  test('belongs to as many tasks as are started', async () => {
    await Promise.all([started(), started()]);
    expect(children()).toBe(2);
    expect(nodeCron.getTasks().size).toBe(2);
  });
});
