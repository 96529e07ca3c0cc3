import { expect, onTestFinished, vi } from 'vitest';

const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;

/**
 * Stops both clocks and takes the jitter out, until the test is over; then fails where a timer was left behind.
 *
 * Call it before anything is made that the test closes: what is registered first runs last.
 */
export function useFakeClock(): void {
  vi.useFakeTimers({ toFake: [...FAKED], now: Date.parse('2026-01-01T00:00:00Z') });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  onTestFinished(() => {
    const leaked = vi.getTimerCount();
    vi.restoreAllMocks();
    vi.useRealTimers();
    expect(leaked, 'timers left behind').toBe(0);
  });
}

/** Lets monotonic time pass without a timer firing, as while the event loop is blocked. */
export function blockEventLoop(ms: number): void {
  const startedAtMs = performance.now();
  const wallMs = Date.now();
  vi.spyOn(performance, 'now').mockReturnValue(startedAtMs + ms);
  vi.setSystemTime(wallMs + ms);
}

/** Steps the wall clock alone, as an operator or NTP does. */
export function stepWallClock(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}
