import { expect, it, vi } from 'vitest';
import { useFakeClock } from '../fixtures/fake-clock.ts';
import { RunTracker } from './run-tracker.ts';

it('names what is under way, and resolves when all of it has ended, however it ends', async () => {
  useFakeClock();
  const tracker = new RunTracker();
  const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const tracked = tracker.track('first', first.promise);
  tracker.track('second', second.promise).catch(() => {});
  expect(tracker.names).toEqual(['first', 'second']);
  const drained = tracker.drain(1_000);
  first.resolve(1);
  second.reject(new Error('failed'));
  expect(await tracked).toBe(1);
  expect(await drained).toEqual([]);
  expect(tracker.names).toEqual([]);
});

it('stops waiting at the limit and returns the names of what still runs', async () => {
  useFakeClock();
  const tracker = new RunTracker();
  void tracker.track('hangs', new Promise(() => {}));
  const drained = tracker.drain(1_000);
  void tracker.track('later', new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await drained).toEqual(['hangs']);
});
