import { describe, expect, it, vi } from 'vitest';
import { pause, within } from './patience.ts';
import { useFakeClock } from '../fixtures/fake-clock.ts';

const never = (): Promise<void> => new Promise(() => {});

describe('within', () => {
  it('resolves with the work, and leaves nothing behind', async () => {
    useFakeClock();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    await within(100, signal, async () => {});
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it('rejects with the error of the work', async () => {
    useFakeClock();
    await expect(within(100, undefined, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
  });

  it('waits no longer than the limit, and lets the work see that it is over', async () => {
    useFakeClock();
    const told: boolean[] = [];
    const waiting = within(100, undefined, (isOver) => {
      setTimeout(() => told.push(isOver()), 99);
      setTimeout(() => told.push(isOver()), 101);
      return never();
    });
    await vi.advanceTimersByTimeAsync(100);
    await waiting;
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([false, true]);
  });

  it('rejects with the reason of a signal', async () => {
    useFakeClock();
    const controller = new AbortController();
    const waiting = within(100, controller.signal, never);
    controller.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
  });
});

describe('pause', () => {
  it('lasts for the given time', async () => {
    useFakeClock();
    const ends = vi.fn<() => void>();
    void pause(100, new AbortController().signal).then(ends);
    await vi.advanceTimersByTimeAsync(99);
    expect(ends).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toHaveBeenCalled();
  });

  it('ends with the signal, and leaves no timer', async () => {
    useFakeClock();
    const controller = new AbortController();
    const pausing = pause(100, controller.signal);
    controller.abort();
    await pausing;
    expect(vi.getTimerCount()).toBe(0);
  });
});
