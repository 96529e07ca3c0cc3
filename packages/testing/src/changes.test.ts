import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Changes } from './changes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('gives up at the time limit, and says how things stand', async () => {
  const changes = new Changes(() => 'All is quiet.');
  const outcome = changes.until(() => false, { timeoutMs: 1_000 }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toMatchObject({
    code: 'ERR_WAIT_TIMEOUT',
    message: expect.stringMatching(/within 1000 ms\. All is quiet\.$/),
  });
});

test('keeps no timer of a wait that has ended before its time limit', async () => {
  const changes = new Changes();
  let isSo = false;
  const wait = changes.until(() => isSo, { timeoutMs: 1_000 });
  expect(vi.getTimerCount()).toBe(1);
  isSo = true;
  changes.notify();
  await wait;
  expect(vi.getTimerCount()).toBe(0);
});
