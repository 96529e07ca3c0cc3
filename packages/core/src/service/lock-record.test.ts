import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { useFakeClock } from '../fixtures/fake-clock.ts';
import { ScriptedClient, SELF, type Reply } from '../fixtures/scripted-client.ts';
import { ScriptedLock, type LockReply } from '../fixtures/scripted-lock.ts';
import type { ClusterLeaderOptions } from '../settings/options.ts';
import { ClusterLeaderService } from './cluster-leader-service.ts';

interface Setup {
  leader: ClusterLeaderService;
  client: ScriptedClient;
  lock: ScriptedLock;
  warnings: string[];
  /** All events, each with the time since the service was made. */
  events: string[];
}

/** A service with a lease of 10 s beside a lock record, on a stopped clock. */
function setup(reply: Reply, lockReply: LockReply, options: ClusterLeaderOptions = {}): Setup {
  useFakeClock();
  const client = new ScriptedClient(reply);
  const lock = new ScriptedLock(lockReply);
  const warnings: string[] = [];
  const logger = { warn: (message: string) => warnings.push(message) };
  const leader = new ClusterLeaderService({ identity: SELF, logger, lockRecord: lock, ...options }, client);
  onTestFinished(() => leader.close());
  const events: string[] = [];
  const startedAtMs = performance.now();
  const at = (): number => Math.round(performance.now() - startedAtMs);
  leader.on('elected', () => events.push(`${at()} elected`));
  leader.on('demoted', ({ reason }) => events.push(`${at()} demoted ${reason}`));
  return { leader, client, lock, warnings, events };
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('a claim of the sidecar', () => {
  it('is believed once the record confirms it', async () => {
    const { leader, lock } = setup('self', 'self');
    lock.latencyMs = 300;
    const asked = leader.isLeader();
    await pass(299);
    expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'unconfirmed' });
    await pass(1);
    expect(await asked).toBe(true);
  });

  it.each<[lockReply: LockReply, standing: string, reason: string | undefined]>([
    ['other', 'follower', undefined],
    ['none', 'unknown', 'no-leader'],
    ['absent', 'unknown', 'unconfirmed'],
    ['fails', 'unknown', 'lock-unreachable'],
  ])('elects nobody if the record is: %s', async (lockReply, standing, reason) => {
    const { leader } = setup('self', lockReply);
    expect(await leader.isLeader()).toBe(false);
    expect(leader.status()).toMatchObject({ standing, ...(reason && { reason }) });
  });

  it('that came after a gap need not settle once the record confirms it', async () => {
    const { leader, client, events } = setup('self', 'self');
    await leader.start();
    client.reply = 'hangs';
    await pass(4_000);
    expect(leader.standing).toBe('unknown');
    client.reply = 'self';
    await pass(2_000);
    expect(leader.standing).toBe('leader');
    expect(events).toEqual(['0 elected', '3000 demoted unreachable', expect.stringMatching(/ elected$/)]);
  });

  it('is confirmed anew after each gap', async () => {
    const { leader, client, lock } = setup('self', 'self');
    await leader.start();
    client.reply = 'other';
    await pass(1_000);
    expect(leader.standing).toBe('follower');
    lock.reply = 'hangs';
    client.reply = 'self';
    await pass(1_000);
    expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'unconfirmed' });
  });

  it('does not end settling unless the record confirms it', async () => {
    const { leader, client, lock } = setup('self', 'self', { whenUnreachable: 'trust-sidecar' });
    await leader.start();
    client.reply = 'hangs';
    await pass(4_000);
    lock.reply = 'fails';
    client.reply = 'self';
    await pass(9_000);
    expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'settling' });
    await pass(3_000);
    expect(leader.standing).toBe('leader');
  });
});

describe('a leader', () => {
  it.each<[lockReply: LockReply, reason: string]>([
    ['other', 'follower'],
    ['none', 'no-leader'],
    ['absent', 'no-leader'],
  ])('is demoted by the next reading if the record is: %s', async (lockReply, reason) => {
    const { leader, lock, events } = setup('self', 'self');
    await leader.start();
    lock.reply = lockReply;
    await pass(1_000);
    expect(events).toEqual(['0 elected', `1000 demoted ${reason}`]);
  });

  it('is demoted as soon as the watch announces a change', async () => {
    const { leader, lock, events } = setup('self', 'self');
    await leader.start();
    await pass(200);
    lock.reply = 'other';
    lock.announce();
    await pass(0);
    expect(events).toEqual(['0 elected', '200 demoted follower']);
  });

  it('is demoted when the record has become too old, not at the reading after that', async () => {
    const { leader, lock, events } = setup('self', 'self');
    await leader.start();
    lock.reply = 'hangs';
    await pass(20_000);
    expect(events).toEqual(['0 elected', '9000 demoted lock-unreachable']);
  });

  it('is demoted in time if a reading shows an older renewal than the one before', async () => {
    const { leader, lock, events } = setup('self', 'self');
    await leader.start();
    lock.renewedAgoMs = 8_500;
    await pass(1_000);
    lock.reply = 'hangs';
    await pass(1_000);
    expect(events).toEqual(['0 elected', '1500 demoted lock-expired']);
  });

  it("goes on with 'trust-sidecar' while the record cannot be read", async () => {
    const { leader, lock, events } = setup('self', 'self', { whenUnreachable: 'trust-sidecar' });
    await leader.start();
    lock.reply = 'fails';
    await pass(60_000);
    expect(events).toEqual(['0 elected']);
  });
});

describe('reading', () => {
  it('asks once per tenth of a lease while the sidecar claims this pod', async () => {
    const { leader, lock } = setup('self', 'self');
    await leader.start();
    expect(lock.reads).toBe(1);
    await pass(60_000);
    expect(lock.reads).toBe(61);
  });

  it('asks and watches nothing on a follower', async () => {
    const { leader, lock } = setup('other', 'other');
    await leader.start();
    await pass(60_000);
    expect(lock).toMatchObject({ reads: 0, watches: 0 });
  });

  it('ends with the claim', async () => {
    const { leader, client, lock } = setup('self', 'self');
    await leader.start();
    client.reply = 'other';
    await pass(1_000);
    const { reads } = lock;
    await pass(60_000);
    expect(lock).toMatchObject({ reads, watches: 0, inFlight: 0 });
  });

  it('has up to four questions under way, each for half a lease', async () => {
    const { leader, lock } = setup('self', 'hangs');
    void leader.start();
    await pass(2_999);
    expect(lock).toMatchObject({ reads: 3, inFlight: 3 });
    await pass(2_000);
    expect(lock).toMatchObject({ reads: 4, inFlight: 4 });
    await pass(1);
    expect(lock).toMatchObject({ reads: 4, inFlight: 3 });
    await pass(1_000);
    expect(lock).toMatchObject({ reads: 5, inFlight: 3 });
  });

  it('keeps a leader beside an API server that takes three seconds for each answer', async () => {
    const { leader, lock, events } = setup('self', 'self');
    lock.latencyMs = 3_000;
    void leader.start();
    await pass(60_000);
    expect(events).toEqual(['3000 elected']);
  });

  it('bounds a reader that ignores its signal', async () => {
    const { leader, lock } = setup('self', 'self');
    lock.read = () => new Promise(() => {});
    void leader.start();
    await pass(5_000);
    expect(leader.status()).toMatchObject({
      reason: 'lock-unreachable',
      lock: { error: 'It was not answered within 5000 ms.' },
    });
  });

  it('asks once more for a check that accepts no known answer', async () => {
    const { leader, lock } = setup('self', 'self');
    await leader.start();
    lock.reply = 'other';
    expect(await leader.isLeader({ maxAgeMs: 0 })).toBe(false);
    expect(lock.reads).toBe(2);
  });

  it('asks at most twice more for all checks of one tick together, also while four questions are under way', async () => {
    const { leader, lock } = setup('self', 'self', { whenUnreachable: 'trust-sidecar' });
    await leader.start();
    lock.reply = 'hangs';
    await pass(4_000);
    lock.reply = 'other';
    const { reads } = lock;
    const checks = Array.from({ length: 100 }, () => leader.isLeader({ maxAgeMs: 0 }));
    expect(new Set(await Promise.all(checks))).toEqual(new Set([false]));
    expect(lock.reads).toBeGreaterThan(reads);
    expect(lock.reads).toBeLessThanOrEqual(reads + 2);
  });

  it('asks nothing for a gate, whose claim was confirmed less than a tenth of a lease ago', async () => {
    const { leader, lock } = setup('self', 'self');
    await leader.start();
    await pass(500);
    expect((await leader.runIfLeader(() => {})).ran).toBe(true);
    expect(lock.reads).toBe(1);
  });

  it('ends with close, which closes the reader', async () => {
    const { leader, lock } = setup('self', 'hangs');
    void leader.start();
    await pass(100);
    await leader.close();
    expect(lock).toMatchObject({ inFlight: 0, watches: 0, closes: 1 });
    expect(leader.status()).toMatchObject({ reason: 'closed' });
  });

  it('does not wait for a reader that never closes', async () => {
    const { leader, lock } = setup('self', 'self');
    lock.close = () => new Promise(() => {});
    const closed = leader.close();
    await pass(1_000);
    await expect(closed).resolves.toBeUndefined();
    lock.close = async () => {}; // for the end of the test, which closes the leader again
  });

  it('does not break the leader if the reader cannot be closed', async () => {
    const { leader, lock, warnings } = setup('self', 'self');
    lock.close = () => Promise.reject(new Error('stuck'));
    await expect(leader.close()).resolves.toBeUndefined();
    expect(warnings).toEqual(['The reader of the lock record could not be closed: stuck']);
  });
});

describe('the fencing token', () => {
  it('is the version of the record that confirmed the beginning of the term, and stays', async () => {
    const { leader, lock } = setup('self', 'self');
    await leader.start();
    const { term } = leader;
    expect(term?.fencingToken).toBe(100n);
    lock.version = 200n;
    await pass(2_000);
    expect(leader.term?.fencingToken).toBe(100n);
    expect(await leader.runIfLeader((own) => own.fencingToken)).toEqual({ ran: true, value: 100n });
  });

  it('grows with the next term', async () => {
    const { leader, client, lock } = setup('self', 'self');
    await leader.start();
    client.reply = 'other';
    await pass(1_000);
    lock.version = 200n;
    client.reply = 'self';
    await pass(1_000);
    expect(leader.term?.fencingToken).toBe(200n);
  });

  it('is unknown in a term that only the sidecar began', async () => {
    const { leader } = setup('self', 'fails', { whenUnreachable: 'trust-sidecar' });
    await leader.start();
    expect(leader.standing).toBe('leader');
    expect(leader.term?.fencingToken).toBeUndefined();
  });
});

describe('status', () => {
  it('shows the record and the token, as JSON can', async () => {
    const { leader, lock } = setup('self', 'self');
    lock.renewedAgoMs = 400;
    await leader.start();
    await pass(100);
    expect(JSON.parse(JSON.stringify(leader.status()))).toMatchObject({
      election: 'jobs',
      standing: 'leader',
      term: { number: 1, fencingToken: '100' },
      lock: { description: 'Lease jobs in namespace default', holder: SELF, ageMs: 500, version: '100' },
    });
  });

  it('shows the last failure until a reading succeeds', async () => {
    const { leader, lock } = setup('self', 'fails');
    await leader.start();
    expect(leader.status().lock).toMatchObject({ error: 'The connection was refused.' });
    lock.reply = 'self';
    await pass(1_000);
    expect(leader.status().lock).not.toHaveProperty('error');
  });

  it('names the election by the option rather than by the lock', () => {
    expect(setup('self', 'self', { election: 'billing' }).leader.status()).toMatchObject({ election: 'billing' });
  });
});

describe('warnings', () => {
  it.each([
    [3_000, 1],
    [60_000, 2],
  ])('tell of the same failure once a minute at most: again after %i ms, %i in all', async (againMs, times) => {
    const { leader, lock, warnings } = setup('self', 'fails');
    await leader.start();
    await pass(3_000);
    lock.reply = 'self';
    await pass(againMs);
    lock.reply = 'fails';
    await pass(3_000);
    const warning = 'Leader election: Lease jobs in namespace default cannot be read. The connection was refused.';
    expect(warnings).toEqual(Array.from({ length: times }, () => warning));
  });

  it('tell of another failure at once, such as a missing Role behind a proxy that was not ready', async () => {
    const { leader, lock, warnings } = setup('self', 'fails');
    await leader.start();
    lock.read = () => Promise.reject(new Error('Apply this Role.'));
    await pass(1_000);
    expect(warnings.at(-1)).toMatch(/Apply this Role/);
  });

  it.each<[what: string, watch: ScriptedLock['watch']]>([
    [
      'throws',
      () => {
        throw new Error('no watch');
      },
    ],
    [
      'cannot be ended',
      () => () => {
        throw new Error('no end');
      },
    ],
  ])('tell of a watch that %s, and the leader steps down all the same', async (_what, watch) => {
    const { leader, client, lock, warnings, events } = setup('self', 'self');
    lock.watch = watch;
    await leader.start();
    client.reply = 'hangs';
    await pass(4_000);
    expect(events).toEqual(['0 elected', '3000 demoted unreachable']);
    expect(warnings.filter((warning) => warning.includes('the watch of'))).toHaveLength(1);
  });

  it('tell once of an object that was never there', async () => {
    const { leader, warnings } = setup('self', 'absent');
    await leader.start();
    await pass(10_000);
    expect(warnings).toEqual([
      expect.stringMatching(/Lease jobs in namespace default does not exist.*kind, namespace/),
    ]);
  });

  it('tell once of a lease that is not the declared one', async () => {
    const { leader, lock, warnings } = setup('self', 'self');
    lock.leaseDurationMs = 15_000;
    await leader.start();
    await pass(10_000);
    expect(warnings).toEqual([expect.stringMatching(/states a lease of 15000 ms, but leaseDurationMs is 10000/)]);
  });
});

describe('options', () => {
  it.each<[what: string, options: object, message: RegExp]>([
    [
      'a reader without methods',
      { lockRecord: { read: 1 } },
      /lockRecord is .*must be a reader with the methods read and close/,
    ],
    [
      'an unknown policy',
      { lockRecord: new ScriptedLock(), whenUnreachable: 'lead' },
      /whenUnreachable is 'lead'.*'demote' or 'trust-sidecar'/,
    ],
    [
      'a policy without a reader',
      { whenUnreachable: 'demote' },
      /whenUnreachable is 'demote'.*left out unless lockRecord/,
    ],
  ])('refuse %s', (_what, options, message) => {
    expect(() => new ClusterLeaderService({ identity: SELF, ...options })).toThrow(message);
  });
});
