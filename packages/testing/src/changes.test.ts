import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Changes } from './changes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('rejects at the time limit with a message that describes the state', async () => {
  const changes = new Changes(() => 'All is quiet.');
  const outcome = changes.until(() => false, { timeoutMs: 1_000 }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toMatchObject({
    code: 'ERR_WAIT_TIMEOUT',
    message: expect.stringMatching(/within 1000 ms\. All is quiet\. See/),
  });
});

test('clears the timer of a wait that ends before its time limit', async () => {
  const changes = new Changes(() => 'All is quiet.');
  let isMet = false;
  const wait = changes.until(() => isMet, { timeoutMs: 1_000 });
  expect(vi.getTimerCount()).toBe(1);
  isMet = true;
  changes.notify();
  await wait;
  expect(vi.getTimerCount()).toBe(0);
});
