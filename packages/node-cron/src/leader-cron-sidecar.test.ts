import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { ClusterLeaderService } from '@cluster-leader/core';
import { nodeCron } from 'node-cron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cleanUp, EVERY_SECOND, eventsOf, stopTheClock, tick } from './fixtures/bench.fixture.ts';
import { leaderCron, leaderCoordinator } from './index.ts';

/** With a lease of 2 000 ms: answers hold for 800 ms, a check takes 400 ms at most. */
const LEASE_MS = 2_000;
const MAX_AGE_MS = 800;
const CHECK_MS = 400;

let server: Server;
let url: string;
let requests: number;
let hangs: boolean;
let leader: ClusterLeaderService;
const body = vi.fn<() => void>();

beforeEach(async () => {
  requests = 0;
  hangs = false;
  body.mockReset();
  server = createServer((_request, response) => {
    requests += 1;
    if (!hangs) response.end('{"name":"pod-1"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) url = `http://127.0.0.1:${address.port}/`;
  stopTheClock();
});
afterEach(async () => {
  for (const task of nodeCron.getTasks().values()) await task.destroy();
  await leader.close();
  await vi.advanceTimersByTimeAsync(1_000); // undici's own clock ticks once more
  await cleanUp();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function serve(leaseDurationMs = LEASE_MS, more: ConstructorParameters<typeof ClusterLeaderService>[0] = {}): void {
  leader = new ClusterLeaderService({
    url,
    eventsUrl: false,
    identity: 'pod-1',
    mode: 'sidecar',
    leaseDurationMs,
    logger: {},
    ...more,
  });
}

/** Resolves with the tenth run of the body. */
function tenRuns(): Promise<void> {
  return new Promise((resolve) => {
    body.mockImplementation(() => {
      if (body.mock.calls.length === 10) resolve();
    });
  });
}

describe('a sidecar that accepts and never answers', () => {
  beforeEach(() => void (hangs = true));

  test('delays the first tick by no more than checkTimeoutMs if it has never answered', async () => {
    serve();
    const task = leaderCron(leader).schedule(EVERY_SECOND, body);
    const skipped = vi.fn<() => void>();
    task.on('execution:skipped', skipped);
    await tick();
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(skipped).toHaveBeenCalledOnce();
    expect(body).not.toHaveBeenCalled();
  });

  test('delays no tick by more than checkTimeoutMs, whatever the tick and the watch are at', async () => {
    serve();
    void leader.start();
    const delays: number[] = [];
    const task = leaderCron(leader).schedule(EVERY_SECOND, body);
    task.on('execution:skipped', () => void delays.push(Date.now() % 1_000));
    await tick(6);
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(delays).toHaveLength(6);
    expect(Math.max(...delays)).toBeLessThanOrEqual(CHECK_MS);
    expect(body).not.toHaveBeenCalled();
  });

  test('does not block the following ticks with noOverlap', async () => {
    serve();
    const events = eventsOf(leaderCron(leader).schedule(EVERY_SECOND, body, { noOverlap: true }));
    await tick(4);
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(events).toEqual(Array.from({ length: 4 }, () => 'execution:skipped (not-elected)'));
  });

  test('would block them for ever with a coordinator that waits for it (control)', async () => {
    serve();
    const runCoordinator = {
      shouldRun: () => new Promise<boolean>((resolve) => get(url, () => resolve(true)).on('error', () => {})),
    };
    const options = { name: 'report', distributed: true, noOverlap: true, runCoordinator };
    const events = eventsOf(nodeCron.schedule(EVERY_SECOND, body, options));
    await tick(4);
    expect(events).toEqual(Array.from({ length: 3 }, () => 'execution:overlap'));
  });

  test('delays execute() of a gated task by no more than checkTimeoutMs', async () => {
    serve();
    const settled = vi.fn<(value: unknown) => void>();
    const task = leaderCron(leader, { gateExecute: true }).createTask(EVERY_SECOND, body);
    void task.execute().then(settled);
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(settled).toHaveBeenCalledExactlyOnceWith(undefined);
  });

  test('does not delay execute() of a task that is not gated', async () => {
    serve();
    void leaderCron(leader).createTask(EVERY_SECOND, body).execute();
    await vi.advanceTimersByTimeAsync(0);
    expect(body).toHaveBeenCalledOnce();
  });
});

describe('a sidecar that ceases to answer the leader', () => {
  beforeEach(async () => {
    serve();
    await vi.advanceTimersByTimeAsync(1_000 - (Date.now() % 1_000) - 100);
    await leader.start();
    hangs = true;
  });

  test('delays a tick by no more than checkTimeoutMs, then what was known last counts', async () => {
    expect(leader.standing).toBe('leader');
    const startedAt: number[] = [];
    const events = eventsOf(leaderCron(leader).schedule(EVERY_SECOND, () => void startedAt.push(Date.now() % 1_000)));
    await tick();
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(events).toEqual(['execution:started', 'execution:finished']);
    expect(startedAt[0]).toBeLessThanOrEqual(CHECK_MS);
  });

  test('has every tick skipped once its last answer is too old, each within checkTimeoutMs', async () => {
    await vi.advanceTimersByTimeAsync(MAX_AGE_MS - 1);
    expect(leader.standing).toBe('leader');
    await vi.advanceTimersByTimeAsync(1);
    expect(leader.standing).toBe('unknown');
    const delays: number[] = [];
    const task = leaderCron(leader).schedule(EVERY_SECOND, body, { noOverlap: true });
    task.on('execution:skipped', () => void delays.push(Date.now() % 1_000));
    const events = eventsOf(task);
    await tick(4);
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(delays).toHaveLength(4);
    expect(Math.max(...delays)).toBeLessThanOrEqual(CHECK_MS);
    expect(new Set(events)).toEqual(new Set(['execution:skipped (not-elected)']));
    expect(body).not.toHaveBeenCalled();
  });

  test('ends the term of running work when its last answer is too old', async () => {
    const ended = vi.fn<(code: unknown) => void>();
    leaderCron(leader).schedule(
      EVERY_SECOND,
      ({ term }) =>
        new Promise<void>((resolve) => {
          term.signal.addEventListener('abort', () => {
            ended(term.signal.reason);
            resolve();
          });
        }),
    );
    await tick();
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(MAX_AGE_MS - CHECK_MS);
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
  });
});

describe('ten tasks in one tick', () => {
  /** Polls too rarely to get into the count. */
  const rarely = { maxAgeMs: 60_000, pollIntervalMs: 20_000 };

  test('make one request', async () => {
    serve(120_000, rarely);
    await leader.start();
    const { schedule } = leaderCron(leader);
    for (let count = 0; count < 10; count += 1) schedule(EVERY_SECOND, body);
    const before = requests;
    const ran = tenRuns();
    await tick();
    await ran;
    expect(requests - before).toBe(1);
  });

  test('make one request through a global coordinator', async () => {
    serve(120_000, rarely);
    nodeCron.setRunCoordinator(leaderCoordinator(leader));
    await leader.start();
    const before = requests;
    for (let count = 0; count < 10; count += 1) {
      nodeCron.schedule(EVERY_SECOND, body, { name: `task-${count}`, distributed: true });
    }
    const ran = tenRuns();
    await tick();
    await ran;
    expect(requests - before).toBe(1);
  });

  test('make none if the answer is fresh', async () => {
    serve(120_000, rarely);
    const { schedule } = leaderCron(leader);
    for (let count = 0; count < 10; count += 1) schedule(EVERY_SECOND, body);
    await vi.advanceTimersByTimeAsync(950);
    await leader.isLeader({ maxAgeMs: 0 });
    const before = requests;
    await tick();
    expect(body).toHaveBeenCalledTimes(10);
    expect(requests).toBe(before);
  });
});

describe.each([
  [
    'leaderCron',
    () => {
      const { schedule } = leaderCron(leader);
      return () => void schedule(EVERY_SECOND, body);
    },
  ],
  [
    'leaderCoordinator',
    () => {
      const options = { name: 'report', distributed: true, runCoordinator: leaderCoordinator(leader) };
      return () => void nodeCron.schedule(EVERY_SECOND, body, options);
    },
  ],
])('%s', (_name, make) => {
  test('watches from the beginning, so that the first tick knows of a pause of the sidecar before it', async () => {
    serve(60_000); // A claim settles in a minute, which no machine is too slow for.
    const schedule = make();
    await vi.waitFor(() => expect(requests).toBe(1), { interval: 1, timeout: 10_000 }); // Nothing else here uses the leader by now.
    hangs = true;
    await vi.advanceTimersByTimeAsync(5_000);
    hangs = false;
    await vi.waitFor(() => expect(leader.status().reason).toBe('settling'), { interval: 5, timeout: 10_000 });
    schedule();
    await tick();
    await vi.waitFor(() => expect(leader.status().skips.settling).toBeGreaterThan(0), { interval: 5, timeout: 10_000 });
    expect(body).not.toHaveBeenCalled();
  });
});
