import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeLeader, type FakeLeader } from './fake-leader.ts';
import { untyped } from './fixtures/untyped.ts';

let leader: FakeLeader;

beforeEach(() => {
  leader = fakeLeader();
});

afterEach(() => leader.close());

test('is a follower until it is elected, and again after it is demoted', async () => {
  const job = leader.gate(() => 'sent');
  expect(await job()).toBeUndefined();
  leader.elect();
  expect(await job()).toBe('sent');
  leader.demote();
  expect(await job()).toBeUndefined();
});

test('gives each term the fencing token of its election', () => {
  expect(leader.elect(7n).fencingToken).toBe(7n);
  leader.demote();
  expect(leader.elect().fencingToken).toBeUndefined();
});

test.each(['demote', 'unknown'] as const)("%s('closed') closes the leader for good", async (how) => {
  const waiting = leader.waitForLeadership();
  leader[how]('closed');
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'closed' });
  expect(() => leader.elect()).toThrow(/closed leader cannot be elected/);
});

test("runs jobs while the standing is unknown, with onUnknown 'leader'", async () => {
  const open = fakeLeader({ onUnknown: 'leader' });
  open.unknown();
  expect(await open.gate(() => 'sent')()).toBe('sent');
  await open.close();
});

describe('rejects an impossible argument', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['an unknown reason to demote', () => leader.demote(untyped('gone')), /reason is 'gone', .* follower, /],
    [
      "'follower' as a reason for unknown",
      () => leader.unknown(untyped('follower')),
      /reason is 'follower', .* one of not-asked, /,
    ],
    [
      'a misspelt option',
      () => fakeLeader(untyped({ onUnknow: 'leader' })),
      /onUnknow is 'leader', .* onUnknown, logger/,
    ],
    ['options that are not an object', () => fakeLeader(untyped(null)), /options is null, .* an object/],
  ])('%s', (_, use, message) => {
    expect(use).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
