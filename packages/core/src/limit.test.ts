import { describe, expect, it, vi } from 'vitest';
import { blockEventLoop, useFakeClock } from './fixtures/fake-clock.ts';
import { startLimit } from './limit.ts';

/** Lets time pass in which no timer fires, then fires what is due: as a job does that keeps the event loop busy. */
async function block(ms: number): Promise<void> {
  blockEventLoop(ms);
  await vi.advanceTimersByTimeAsync(ms);
}

describe('startLimit', () => {
  it('expires at the limit, and not before', async () => {
    useFakeClock();
    const expire = vi.fn<(blockedMs: number) => void>();
    startLimit(500, expire);
    await vi.advanceTimersByTimeAsync(499);
    expect(expire).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(expire).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('leaves no timer behind when it is stopped', async () => {
    useFakeClock();
    const expire = vi.fn<() => void>();
    startLimit(500, expire)();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(expire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
