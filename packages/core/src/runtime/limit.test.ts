import { describe, expect, it, vi } from 'vitest';
import { delayTimers, useFakeClock } from '../fixtures/fake-clock.ts';
import { startLimit } from './limit.ts';

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('startLimit', () => {
  it('expires at the limit, and not before', async () => {
    useFakeClock();
    const expire = vi.fn<(blockedMs: number) => void>();
    startLimit(500, expire);
    await pass(499);
    expect(expire).not.toHaveBeenCalled();
    await pass(1);
    expect(expire).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('leaves no timer behind when it is stopped', async () => {
    useFakeClock();
    const expire = vi.fn<() => void>();
    startLimit(500, expire)();
    await pass(1_000);
    expect(expire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind when it is stopped in the turns before it expires', async () => {
    useFakeClock();
    const expire = vi.fn<() => void>();
    const stop = startLimit(500, expire);
    await pass(499);
    stop();
    await pass(1_000);
    expect(expire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts again if the event loop was blocked, and says for how long', async () => {
    useFakeClock();
    const expire = vi.fn<(blockedMs: number) => void>();
    startLimit(500, expire);
    delayTimers(600);
    await pass(500);
    expect(expire).not.toHaveBeenCalled();
    await pass(500);
    expect(expire).toHaveBeenCalledExactlyOnceWith(600);
  });

  it('starts again three times at the most', async () => {
    useFakeClock();
    const expire = vi.fn<(blockedMs: number) => void>();
    startLimit(500, expire);
    for (let extension = 0; extension < 4; extension += 1) {
      expect(expire).not.toHaveBeenCalled();
      delayTimers(600);
      await pass(498);
    }
    await pass(2);
    expect(expire).toHaveBeenCalledExactlyOnceWith(2_400);
  });

  it('does not start again if it would end too late, but gives what has arrived two turns to be read', async () => {
    useFakeClock();
    const expire = vi.fn<(blockedMs: number) => void>();
    startLimit(500, expire, { withinMs: 1_000 });
    delayTimers(600);
    await pass(499);
    expect(expire).not.toHaveBeenCalled();
    await pass(1);
    expect(expire).toHaveBeenCalledExactlyOnceWith(600);
  });

  it('is not extended by a timer that is a little late', async () => {
    useFakeClock();
    const expire = vi.fn<(blockedMs: number) => void>();
    startLimit(500, expire);
    delayTimers(49);
    await pass(500);
    expect(expire).toHaveBeenCalledExactlyOnceWith(0);
  });
});
