import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClusterLeaderService } from './cluster-leader-service.ts';
import type { ClusterLeaderOptions } from '../settings/options.ts';
import { blockEventLoop, stepWallClock, useFakeClock } from '../fixtures/fake-clock.ts';
import { OTHER, ScriptedClient, SELF, type Reply } from '../fixtures/scripted-client.ts';
import { json, startSidecar, type SidecarServer } from '../fixtures/sidecar-server.ts';
import { currentTerm } from '../leadership/term.ts';

interface Setup {
  leader: ClusterLeaderService;
  client: ScriptedClient;
  /** All events, each with the time since the service was made. */
  events: string[];
}

/** Not the default, but round numbers: a poll each second, and a check of 2 s. */
const ROUND = { maxAgeMs: 4_000 };

/** A service on a stopped clock; the jitter of polls is out. */
function setup(reply: Reply, options: ClusterLeaderOptions = {}): Setup {
  useFakeClock();
  const client = new ScriptedClient(reply);
  const leader = new ClusterLeaderService({ identity: SELF, logger: {}, ...ROUND, ...options }, client);
  onTestFinished(() => leader.close());
  return { leader, client, events: [] };
}

function record({ leader, events }: Setup): void {
  const startedAtMs = performance.now();
  const at = (): number => performance.now() - startedAtMs;
  leader.on('elected', () => events.push(`${at()} elected`));
  leader.on('demoted', ({ reason }) => events.push(`${at()} demoted ${reason}`));
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('watching', () => {
  it('does not begin at construction', async () => {
    const { client } = setup('self');
    await pass(10_000);
    expect(client.questions).toBe(0);
  });

  it.each<[member: string, use: (leader: ClusterLeaderService) => unknown]>([
    ['isLeader', (leader) => leader.isLeader()],
    ['isLeaderNow', (leader) => leader.isLeaderNow()],
    ['standing', (leader) => leader.standing],
    ['getLeader', (leader) => leader.getLeader()],
    ['start', (leader) => leader.start()],
    ['waitForLeadership', (leader) => leader.waitForLeadership()],
    ['runIfLeader', (leader) => leader.runIfLeader(() => {})],
    ['gate', (leader) => leader.gate(() => {})],
    ['on', (leader) => leader.on('elected', () => {})],
    ['status', (leader) => leader.status()],
  ])('begins with the first use of %s, once', async (_member, use) => {
    const { leader, client } = setup('self');
    void use(leader);
    void use(leader);
    await pass(0);
    expect(client.questions).toBe(1);
    await pass(1_000);
    expect(client.questions).toBe(2);
  });

  it('polls at its interval, jittered by up to a tenth', async () => {
    const { leader, client } = setup('self', { pollIntervalMs: 1_000 });
    vi.mocked(Math.random).mockReturnValue(0);
    await leader.start();
    await pass(899);
    expect(client.questions).toBe(1);
    await pass(1);
    expect(client.questions).toBe(2);
    vi.mocked(Math.random).mockReturnValue(1);
    await pass(900);
    await pass(1_099);
    expect(client.questions).toBe(3);
    await pass(1);
    expect(client.questions).toBe(4);
  });

  it('starts with the first standing', async () => {
    const { leader, client } = setup('other');
    client.latencyMs = 300;
    const starting = leader.start();
    await pass(300);
    expect(await starting).toBe('follower');
  });

  it('starts within checkTimeoutMs whatever the sidecar does', async () => {
    const { leader } = setup('hangs');
    const started = vi.fn<(standing: string) => void>();
    void leader.start().then(started);
    await pass(2_000);
    expect(started).toHaveBeenCalledWith('unknown');
  });
});

describe('isLeader', () => {
  it('waits for the first answer', async () => {
    const { leader, client } = setup('self');
    client.latencyMs = 300;
    const asked = leader.isLeader();
    await pass(299);
    expect(leader.status()).toMatchObject({ reason: 'not-asked' });
    await pass(1);
    expect(await asked).toBe(true);
  });

  it('answers a known standing without a request', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    client.reply = 'hangs';
    await pass(900);
    for (let i = 0; i < 100; i += 1) expect(await leader.isLeader()).toBe(true);
    expect(client.questions).toBe(1);
  });

  it('asks if the newest answer is at least maxAgeMs old', async () => {
    const { leader, client } = setup('other');
    await leader.start();
    await pass(99);
    expect(await leader.isLeader({ maxAgeMs: 100 })).toBe(false);
    expect(client.questions).toBe(1);
    await pass(1);
    client.reply = 'self';
    expect(await leader.isLeader({ maxAgeMs: 100 })).toBe(true);
    expect(client.questions).toBe(2);
  });

  it('always asks with maxAgeMs 0', async () => {
    const { leader, client } = setup('other');
    await leader.start();
    await pass(1);
    await leader.isLeader({ maxAgeMs: 0 });
    await pass(1);
    await leader.isLeader({ maxAgeMs: 0 });
    expect(client.questions).toBe(3);
  });

  it('believes nothing older than the maxAgeMs of the service, whatever the call allows', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    blockEventLoop(4_000);
    client.reply = 'other';
    expect(await leader.isLeader({ maxAgeMs: 60_000 })).toBe(false);
    expect(client.questions).toBe(2);
    expect(leader.standing).toBe('follower');
  });

  it('falls back to what is still believed if the request fails', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    client.reply = 'refused';
    await pass(500);
    expect(await leader.isLeader({ maxAgeMs: 100 })).toBe(true);
    await pass(3_500);
    expect(await leader.isLeader({ maxAgeMs: 100 })).toBe(false);
  });

  it('sends one request for ten thousand simultaneous checks', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    await pass(500);
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader({ maxAgeMs: 100 })));
    expect(answers.every(Boolean)).toBe(true);
    expect(client.questions).toBe(2);
  });

  it('sends one request for ten thousand jobs of the first tick', async () => {
    const { leader, client } = setup('self');
    const task = vi.fn<() => void>();
    await Promise.all(Array.from({ length: 10_000 }, () => leader.runIfLeader(task)));
    expect(task).toHaveBeenCalledTimes(10_000);
    expect(client.questions).toBe(1);
  });

  it('asks again if the answer to the request under way will be too old', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    client.latencyMs = 400;
    await pass(1_000); // the poll asks
    await pass(300);
    client.reply = 'other';
    const asked = leader.isLeader({ maxAgeMs: 100 });
    await pass(100);
    expect(leader.standing).toBe('leader');
    await pass(400);
    expect(await asked).toBe(false);
    expect(client.questions).toBe(3);
  });

  it('answers within checkTimeoutMs while the sidecar hangs', async () => {
    const { leader } = setup('hangs');
    const answered = vi.fn<(isLeader: boolean) => void>();
    void leader.isLeader().then(answered);
    await pass(500);
    void leader.isLeader().then(answered);
    await pass(1_500);
    expect(answered.mock.calls[0]).toEqual([false]);
    await pass(500);
    expect(answered.mock.calls).toEqual([[false], [false]]);
  });

  it('answers at once while the circuit is open', async () => {
    const { leader, client } = setup('hangs');
    client.isBroken = true;
    expect(await leader.isLeader()).toBe(false);
    expect(await leader.runIfLeader(() => {})).toEqual({ ran: false, reason: 'not-asked' });
  });

  it('gives up with the signal, while the request goes on for other callers', async () => {
    const { leader, client } = setup('self');
    client.latencyMs = 300;
    const controller = new AbortController();
    const impatient = leader.isLeader({ signal: controller.signal });
    const patient = leader.isLeader();
    await pass(100);
    controller.abort(new Error('given up'));
    await expect(impatient).rejects.toThrow('given up');
    await pass(200);
    expect(await patient).toBe(true);
    expect(client.questions).toBe(1);
  });

  it('leaves no listener on a signal that thousands of checks have waited with', async () => {
    const { leader } = setup('self');
    const { signal } = new AbortController();
    const answers = Promise.all(Array.from({ length: 1_000 }, () => leader.isLeader({ signal })));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1_000);
    await answers;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it.each<Reply>(['refused', 'invalid', 'hangs', 'none', 'other'])('never says yes to %s', async (reply) => {
    const { leader } = setup(reply);
    const asked = leader.isLeader();
    await pass(2_000);
    expect(await asked).toBe(false);
  });
});

describe('a term', () => {
  it('ends when the last self-claim is maxAgeMs old, counted from when it was asked for', async () => {
    const service = setup('self');
    const { leader, client, events } = service;
    client.latencyMs = 400;
    record(service);
    await pass(400);
    client.reply = 'refused';
    await pass(3_599);
    expect(leader.standing).toBe('leader');
    await pass(1);
    expect(events).toEqual(['400 elected', '4000 demoted unreachable']);
  });

  it.each<[reply: Reply, reason: string]>([
    ['refused', 'unreachable'],
    ['invalid', 'invalid-answer'],
    ['hangs', 'unreachable'],
  ])('ends after %s as %s, before the lease can expire elsewhere', async (reply, reason) => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.reply = reply;
    await pass(10_000);
    expect(service.events).toEqual(['0 elected', `4000 demoted ${reason}`]);
  });

  it('is carried through the restart of a sidecar', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.queued.push('refused', 'refused', 'none');
    await pass(20_000);
    expect(service.events).toEqual(['0 elected']);
  });

  it('ends with the answer that names another pod', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.reply = 'other';
    await pass(1_000);
    expect(service.events).toEqual(['0 elected', '1000 demoted follower']);
  });

  it('ends with the second answer without a name, 250 ms after the first', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.reply = 'none';
    await pass(1_249);
    expect(service.events).toEqual(['0 elected']);
    await pass(1);
    expect(service.events).toEqual(['0 elected', '1250 demoted no-leader']);
  });

  it('asks again sooner if the lease is shorter', async () => {
    const service = setup('self', { leaseDurationMs: 2_000, maxAgeMs: 800 });
    record(service);
    await pass(0);
    service.client.reply = 'none';
    await pass(250);
    expect(service.events).toEqual(['0 elected', '250 demoted no-leader']);
  });

  it('goes on if the second answer names this pod again', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.queued.push('none');
    await pass(10_000);
    expect(service.events).toEqual(['0 elected']);
  });

  it('ends with a doubt that nothing dispels', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.queued.push('none');
    service.client.reply = 'refused';
    await pass(10_000);
    expect(service.events).toEqual(['0 elected', '4000 demoted no-leader']);
  });

  it('does not begin again before the claim has settled, after a gap', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.reply = 'refused';
    await pass(5_500);
    service.client.reply = 'self';
    await pass(500); // asked and answered at 6 000
    expect(service.leader.status()).toMatchObject({ standing: 'unknown', reason: 'settling' });
    await pass(9_999);
    expect(service.leader.standing).toBe('unknown');
    await pass(1);
    expect(service.events).toEqual(['0 elected', '4000 demoted unreachable', '16000 elected']);
  });

  it('begins at once after a gap if another pod led meanwhile', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.reply = 'hangs';
    await pass(6_000);
    service.client.queued.push('other');
    service.client.reply = 'self';
    await pass(4_000);
    const [, demoted, elected] = service.events;
    expect(demoted).toBe('4000 demoted unreachable');
    expect(Number(elected?.split(' ')[0])).toBeLessThan(9_000);
  });

  it('begins at once after a gap with settleMs 0', async () => {
    const service = setup('self', { settleMs: 0 });
    record(service);
    await pass(0);
    service.client.reply = 'refused';
    await pass(5_500);
    service.client.reply = 'self';
    await pass(500);
    expect(service.events).toEqual(['0 elected', '4000 demoted unreachable', '6000 elected']);
  });

  it('is a new one if the old one lapsed before the answer came', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    service.client.reply = 'refused';
    await pass(3_500);
    service.client.reply = 'self';
    service.client.latencyMs = 100;
    const asked = service.leader.isLeader({ maxAgeMs: 0 });
    await pass(10);
    blockEventLoop(600); // the answer is read at 4 110
    await pass(90);
    expect(await asked).toBe(true);
    expect(service.events.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'elected',
      'demoted unreachable',
      'elected',
    ]);
  });
});

describe('every read notices at once that the belief has lapsed', () => {
  const looks: [what: string, look: (leader: ClusterLeaderService) => unknown, expected: unknown][] = [
    ['standing', (leader) => leader.standing, 'unknown'],
    ['isLeaderNow', (leader) => leader.isLeaderNow(), false],
    ['status', (leader) => leader.status().reason, 'stale'],
  ];

  it.each(looks)('by %s, after a blocked event loop', async (_what, look, expected) => {
    const { leader } = setup('self');
    await leader.start();
    const term = await leader.waitForLeadership();
    blockEventLoop(4_000);
    expect(look(leader)).toBe(expected);
    expect(term.signal.aborted).toBe(true);
  });

  it.each(looks)('by %s, after a suspension that only the wall clock shows', async (_what, look, expected) => {
    const { leader } = setup('self');
    await leader.start();
    const term = await leader.waitForLeadership();
    stepWallClock(3_999);
    expect(leader.standing).toBe('leader');
    stepWallClock(1);
    expect(look(leader)).toBe(expected);
    expect(term.signal.aborted).toBe(true);
  });

  it('assertLeader', async () => {
    const { leader } = setup('self');
    const term = await leader.waitForLeadership();
    blockEventLoop(4_000);
    expect(() => term.assertLeader()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
  });

  it('even if the wall clock was set back', async () => {
    const service = setup('self');
    record(service);
    await pass(0);
    stepWallClock(-3_600_000);
    service.client.reply = 'refused';
    await pass(3_999);
    expect(service.leader.standing).toBe('leader');
    await pass(1);
    expect(service.leader.standing).toBe('unknown');
  });
});

describe('elected and demoted', () => {
  it.each([1, 2, 3])('alternate whatever the sidecar does, and however time jumps (seed %d)', async (seed) => {
    const service = setup('self');
    const { leader, client } = service;
    let state = seed;
    const random = (below: number): number => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return Math.floor((state / 2 ** 32) * below);
    };
    const turns: string[] = [];
    leader.on('elected', ({ term }) => {
      turns.push('elected');
      term.signal.addEventListener('abort', () => leader.isLeaderNow());
      if (random(4) === 0) throw new Error('listener');
    });
    leader.on('elected', async () => {
      if (random(4) === 0) throw new Error('async listener');
    });
    leader.on('demoted', () => {
      turns.push('demoted');
      leader.isLeaderNow();
    });
    const replies: Reply[] = ['self', 'self', 'self', 'self', 'other', 'none', 'refused', 'invalid', 'hangs'];
    for (let i = 0; i < 300; i += 1) {
      client.reply = replies[random(replies.length)] ?? 'self';
      client.latencyMs = random(3) * 200;
      if (random(20) === 0) stepWallClock((random(3) - 1) * 5_000);
      await pass(random(6_000));
    }
    await leader.close();
    expect(turns.length).toBeGreaterThan(20);
    expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'elected' : 'demoted')));
    expect(turns.at(-1)).toBe('demoted');
  });
});

describe('the async context of the first caller', () => {
  const context = new AsyncLocalStorage<string>();

  it('is not that of requests, listeners and the logger', async () => {
    const seen: (string | undefined)[] = [];
    const see = (): unknown => seen.push(context.getStore());
    const { leader, client } = setup('self', { logger: { info: see } });
    const ask = client.ask.bind(client);
    client.ask = (signal) => {
      see();
      return ask(signal);
    };
    leader.on('demoted', see);
    await context.run('request 1', () => leader.isLeader());
    await context.run('request 2', () => leader.isLeader({ maxAgeMs: 0 }));
    client.reply = 'other';
    await pass(1_000);
    await context.run('request 3', () => leader.isLeader({ maxAgeMs: 0 }));
    expect(seen.length).toBeGreaterThan(5);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('is not that of a listener, even if a gated task notices the loss: it finds no term that has ended', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    const codes: unknown[] = [];
    leader.on('demoted', () => {
      try {
        codes.push(currentTerm().number);
      } catch (error) {
        codes.push(error instanceof Error && 'code' in error && error.code);
      }
    });
    await leader.runIfLeader(async (term) => {
      term.signal.addEventListener('abort', () => codes.push(context.getStore()));
      client.reply = 'refused';
      blockEventLoop(4_000);
      expect(leader.isLeaderNow()).toBe(false);
    });
    expect(codes).toEqual([undefined, 'ERR_NO_TERM']);
  });
});

describe('a slow answer', () => {
  it('is asked for again at once if it was a poll interval old when it came', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    const fresh = client.questions;
    client.ask = async () => {
      client.questions += 1;
      const askedAt = { monotonicMs: performance.now(), wallMs: Date.now() };
      if (client.questions === fresh + 1) blockEventLoop(1_000);
      const answeredAt = { monotonicMs: performance.now(), wallMs: Date.now() };
      return { answer: { leader: SELF }, askedAt, answeredAt };
    };
    await leader.isLeader({ maxAgeMs: 0 });
    await pass(0);
    expect(client.questions).toBe(fresh + 2);
  });
});

describe('a client that never settles', () => {
  it('neither holds a check beyond its limit nor stops the watch', async () => {
    const { leader, client } = setup('self');
    const ask = client.ask.bind(client);
    client.ask = () => new Promise(() => {});
    const checked = leader.isLeader();
    await pass(2_000);
    expect(await checked).toBe(false);
    client.ask = ask;
    await pass(2_000);
    expect(leader.standing).toBe('leader');
  });
});

describe('a doubt', () => {
  it('is decided by a request after 250 ms, even if polls and jobs ask meanwhile', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    const demoted = vi.fn<() => void>();
    leader.on('demoted', demoted);
    await pass(900);
    client.queued.push('none', 'none');
    const checks = [leader.isLeader({ maxAgeMs: 0 })];
    await pass(20);
    checks.push(leader.isLeader({ maxAgeMs: 0 }), leader.isLeader({ maxAgeMs: 10 }));
    const run = leader.runIfLeader(() => {}, { maxAgeMs: 0 });
    await pass(229); // a poll is among it
    expect(client.queued).toEqual(['none']);
    client.queued.length = 0;
    await pass(1);
    expect(await Promise.all(checks)).toEqual([true, true, true]);
    expect(await run).toMatchObject({ ran: true });
    expect(demoted).not.toHaveBeenCalled();
  });
});

describe('an outage', () => {
  it('is warned of once, and the next one again', async () => {
    const warn = vi.fn<(message: string) => void>();
    const { leader, client } = setup('refused', { logger: { warn } });
    await leader.start();
    await pass(10_000);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('The sidecar gives no answer. could not be asked'),
    );
    client.reply = 'other';
    await pass(1_000);
    client.reply = 'invalid';
    await pass(5_000);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('shows in status until an answer comes', async () => {
    const { leader, client } = setup('refused');
    await leader.start();
    expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'unreachable', error: 'could not be asked' });
    client.reply = 'other';
    await pass(1_000);
    expect(leader.status()).toMatchObject({ standing: 'follower', leader: OTHER });
    expect(leader.status()).not.toHaveProperty('error');
  });
});

describe('a sidecar that comes back', () => {
  it.each<[what: string, reply: Reply, wallStepMs: number]>([
    ['is refused', 'refused', 0],
    ['hangs', 'hangs', 0],
    ['answers nonsense', 'invalid', 0],
    ['is refused, and the wall clock is set back by an hour', 'refused', -3_600_000],
    ['is refused, and the wall clock is set an hour ahead', 'refused', 3_600_000],
  ])('is noticed within one poll interval after minutes in which it %s', async (_what, reply, wallStepMs) => {
    const { leader, client } = setup('other');
    await leader.start();
    client.reply = reply;
    await pass(600_000);
    stepWallClock(wallStepMs);
    expect(leader.standing).toBe('unknown');
    client.reply = 'other';
    // A question that hangs already has to end first, and the next poll asks.
    await pass(reply === 'hangs' ? 1_900 + 1_000 : 1_000);
    expect(leader.standing).toBe('follower');
  });
});

describe('getLeader', () => {
  it.each<[reply: Reply, name: string | undefined]>([
    ['self', SELF],
    ['other', OTHER],
    ['none', undefined],
    ['refused', undefined],
  ])('resolves with the name that the sidecar gives: %s', async (reply, name) => {
    const { leader } = setup(reply);
    expect(await leader.getLeader()).toBe(name);
  });

  it('forgets a name that is too old', async () => {
    const { leader, client } = setup('other');
    await leader.start();
    client.reply = 'refused';
    await pass(3_999);
    expect(await leader.getLeader()).toBe(OTHER);
    await pass(1);
    expect(await leader.getLeader()).toBeUndefined();
  });

  it.each(['sidecar', 'always', 'never'] as const)('knows of nobody once closed, in mode %s', async (mode) => {
    const { leader } = setup('self', { mode });
    await leader.start();
    await leader.close();
    expect(await leader.getLeader()).toBeUndefined();
  });
});

describe('status', () => {
  it('shows where the answers come from and what the newest one was', async () => {
    const { leader } = setup('self', { url: 'http://localhost:4040/leader', identity: [SELF, 'pod-a.jobs'] });
    await leader.start();
    await pass(500);
    expect(leader.status()).toEqual({
      standing: 'leader',
      term: { number: 1, electedAt: new Date('2026-01-01T00:00:00Z') },
      runs: 0,
      skips: {},
      mode: 'sidecar',
      url: 'http://localhost:4040/leader',
      identity: [SELF, 'pod-a.jobs'],
      leader: SELF,
      ageMs: 500,
    });
  });

  it('is unreachable, whatever a client rejects with', async () => {
    const { leader, client } = setup('self');
    client.ask = () => Promise.reject(Object.create(null));
    expect(await leader.isLeader()).toBe(false);
    expect(leader.status()).toMatchObject({ reason: 'unreachable', error: '[Object: null prototype] {}' });
  });
});

describe('mode', () => {
  it.each([
    ['always', 'leader', true],
    ['never', 'follower', false],
  ] as const)('%s makes a %s without asking anybody', async (mode, standing, leads) => {
    const { leader, client } = setup('self', { mode, eventsUrl: 'http://127.0.0.1:1/sse' });
    expect(leader.standing).toBe(standing);
    expect(await leader.start()).toBe(standing);
    expect(await leader.isLeader({ maxAgeMs: 0 })).toBe(leads);
    expect(leader.isLeaderNow()).toBe(leads);
    expect((await leader.runIfLeader(() => {})).ran).toBe(leads);
    expect(await leader.getLeader()).toBe(leads ? SELF : undefined);
    expect(leader.status()).toMatchObject({ standing, mode });
    await pass(10_000);
    expect(client.questions).toBe(0);
  });

  it('always is elected at the first use, and steps down at close', async () => {
    const service = setup('other', { mode: 'always' });
    record(service);
    expect((await service.leader.waitForLeadership()).number).toBe(1);
    await service.leader.close();
    expect(service.events).toEqual(['0 elected', '0 demoted closed']);
    expect(await service.leader.isLeader()).toBe(false);
  });

  it('always is logged once', async () => {
    const warn = vi.fn<(message: string) => void>();
    const { leader } = setup('other', { mode: 'always', logger: { warn } });
    await leader.start();
    await leader.isLeader();
    expect(warn.mock.calls).toEqual([[expect.stringContaining("mode is 'always'")]]);
  });
});

describe('close', () => {
  it('ends the watch for good', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    await leader.close();
    await leader.close();
    const { questions } = client;
    await leader.isLeader({ maxAgeMs: 0 });
    await leader.start();
    await pass(60_000);
    expect(client.questions).toBe(questions);
    expect(client.closes).toBeGreaterThan(0);
    expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'closed' });
  });

  it('ends a service that was never used', async () => {
    const { leader, client } = setup('self');
    await leader.close();
    expect(await leader.isLeader()).toBe(false);
    expect(client.questions).toBe(0);
  });

  it.each<[when: string, elapsedMs: number]>([
    ['in the same tick', 0],
    ['while the question is in the air', 100],
  ])('answers a pending isLeader with no, at once: %s', async (_when, elapsedMs) => {
    const { leader, client } = setup('self');
    client.latencyMs = 1_000;
    const answered = vi.fn<(isLeader: boolean) => void>();
    void leader.isLeader().then(answered);
    if (elapsedMs > 0) await pass(elapsedMs);
    await leader.close();
    await pass(0);
    expect(answered.mock.calls).toEqual([[false]]);
  });

  it('sends no further request, not even in doubt', async () => {
    const { leader, client } = setup('self');
    await leader.start();
    client.reply = 'none';
    await pass(1_100);
    await leader.close();
    const { questions } = client;
    await pass(10_000);
    expect(client.questions).toBe(questions);
  });

  it('sends no request if it is called before the first one', async () => {
    const { leader, client } = setup('self');
    void leader.isLeader();
    await leader.close();
    await pass(5_000);
    expect(client.questions).toBe(0);
  });

  it('is not undone by a later answer', async () => {
    const { leader, client } = setup('self');
    const events: string[] = [];
    leader.on('elected', () => events.push('elected'));
    client.ask = async () => {
      const now = { monotonicMs: performance.now(), wallMs: Date.now() };
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { answer: { leader: SELF }, askedAt: now, answeredAt: now };
    };
    void leader.start();
    await pass(0);
    await leader.close();
    await pass(200);
    expect(leader.isLeaderNow()).toBe(false);
    expect(events).toEqual([]);
  });

  it('warns of nothing', async () => {
    const warn = vi.fn<(message: string) => void>();
    const { leader } = setup('hangs', { logger: { warn } });
    void leader.isLeader();
    await pass(100);
    await leader.close();
    await pass(5_000);
    expect(warn).not.toHaveBeenCalled();
  });

  it('is called by await using', async () => {
    const { leader } = setup('self');
    await leader.start();
    await leader[Symbol.asyncDispose]();
    expect(leader.status()).toMatchObject({ reason: 'closed' });
  });

  it('ends although a client keeps returning answers of the past', async () => {
    const { leader, client } = setup('self');
    const past = { monotonicMs: -60_000, wallMs: 0 };
    let asked = 0;
    client.ask = async () => {
      if ((asked += 1) > 1_000) throw new Error('asked without end');
      return { answer: { leader: SELF }, askedAt: past, answeredAt: past };
    };
    const answered = leader.isLeader();
    await pass(2_000);
    expect(await answered).toBe(false);
    expect(asked).toBeLessThan(100);
  });
});

describe('push', () => {
  it.each([
    ['that names this pod', `data: {"name":"${SELF}"}\n\n`],
    ['that names nobody', 'data: {}\n\n'],
    ['that is nonsense', 'oops'],
  ])('asks at once at an event %s, and believes the answer only', async (_what, data) => {
    const { leader, push, name } = await pushed();
    expect(leader.standing).toBe('follower');
    name(SELF);
    const pushedAtMs = performance.now();
    push(data);
    await leader.waitForLeadership({ timeoutMs: 5_000 });
    expect(performance.now() - pushedAtMs).toBeLessThan(1_000);
  });

  it('sends one request, and one more, for all the events of a burst', async () => {
    const { leader, sidecar, push, name, hold, release, questions } = await pushed();
    const before = questions();
    hold();
    const asked = untilAsked(sidecar, '/');
    push(`data: {"name":"${OTHER}"}\n\n`);
    await asked;
    for (let i = 0; i < 80; i += 1) {
      if (i < 50) push(`data: {"name":"${OTHER}"}\n\n`);
      await (await fetch(`${sidecar.url}pace`)).text(); // each event in a packet of its own, and some time behind the last
    }
    const again = untilAsked(sidecar, '/');
    release();
    name(SELF);
    await again;
    await leader.waitForLeadership({ timeoutMs: 5_000 });
    expect(questions() - before).toBe(2);
  });

  it('sends 10 requests at once and then one per 100 ms at most, however many events there are', async () => {
    const { sidecar, push, questions } = await pushed();
    const before = questions();
    const beganAtMs = performance.now();
    for (let i = 0; i < 300; i += 1) {
      push('data: {}\n\n');
      await (await fetch(`${sidecar.url}pace`)).text();
    }
    const most = 10 + Math.ceil((performance.now() - beganAtMs) / 100) + 1;
    expect(questions() - before).toBeLessThanOrEqual(most);
    expect(questions() - before).toBeGreaterThan(0);
  });

  it('is not elected by an event alone', async () => {
    const { leader, sidecar, push } = await pushed();
    const elected = vi.fn<() => void>();
    leader.on('elected', elected);
    const asked = untilAsked(sidecar, '/');
    push(`data: {"name":"${SELF}"}\n\n`);
    await asked;
    expect(await leader.isLeader({ maxAgeMs: 0 })).toBe(false);
    expect(elected).not.toHaveBeenCalled();
  });
});

function untilAsked(sidecar: SidecarServer, path: string): Promise<void> {
  return new Promise((resolve) => sidecar.on('asked', (request) => request.url === path && resolve()));
}

/** A service that polls so rarely that only events can make it ask, beside a sidecar that may hold its answers back. */
async function pushed(): Promise<{
  leader: ClusterLeaderService;
  sidecar: SidecarServer;
  push: (data: string) => void;
  name: (leader: string) => void;
  hold: () => void;
  release: () => void;
  questions: () => number;
}> {
  let answer = OTHER;
  let held: (() => void)[] | undefined;
  let questions = 0;
  const streams: ServerResponse[] = [];
  const sidecar = await startSidecar((response, request) => {
    if (request.url === '/pace') {
      response.end();
      return;
    }
    if (request.url === '/sse') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.push(response);
      return;
    }
    questions += 1;
    const reply = (): void => json({ name: answer })(response, request);
    if (held === undefined) reply();
    else held.push(reply);
  });
  const streaming = untilAsked(sidecar, '/sse');
  const leader = new ClusterLeaderService({
    url: sidecar.url,
    eventsUrl: `${sidecar.url}sse`,
    identity: SELF,
    leaseDurationMs: 1_000_000,
    maxAgeMs: 400_000,
    requestTimeoutMs: 10_000,
    checkTimeoutMs: 20_000,
    logger: {},
  });
  onTestFinished(() => leader.close());
  await Promise.all([leader.start(), streaming]);
  return {
    leader,
    sidecar,
    push: (data) => streams.forEach((stream) => stream.write(data)),
    name: (name) => (answer = name),
    hold: () => (held = []),
    release: () => {
      for (const reply of held ?? []) reply();
      held = undefined;
    },
    questions: () => questions,
  };
}
