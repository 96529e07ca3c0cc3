import { vi } from 'vitest';

/** What the code under test lives in: no timer of these and no clock is real. Sockets and `setImmediate` are. */
const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;

/** How many seeds a test tries if a single one may not show what it looks for. `SEEDS=15` searches longer. */
export const SEEDS: number = Number(process.env['SEEDS'] || 1);
if (!Number.isInteger(SEEDS) || SEEDS < 1) throw new Error('SEEDS must be a whole number from 1 on');

/** Time that passes only when it is told to. */
export interface VirtualTime {
  /** Goes to the next timer, runs it and all that follows from it at once. */
  step(): Promise<void>;
  /** Steps until `endMs` after the start, and calls `look` after each step. */
  runUntil(endMs: number, look?: () => void): Promise<void>;
  /** Stops the event loop for a time: no timer runs meanwhile, and those that were due come when it is over. */
  stall(ms: number, look?: () => void): Promise<void>;
  /** Sets the wall clock forward, as the suspension of a machine does, or back. */
  stepWallClock(ms: number): void;
}

/** Runs `live` with timers, clocks and `Math.random` under control, beginning at 0 ms; the same seed gives the same run. */
export async function inVirtualTime<T>(seed: number, live: (time: VirtualTime) => Promise<T>): Promise<T> {
  const { random } = Math;
  Math.random = seededRandom(seed);
  vi.useFakeTimers({ toFake: [...FAKED], now: Date.UTC(2026, 0, 1) });
  try {
    return await live(newTime());
  } finally {
    vi.useRealTimers();
    Math.random = random;
  }
}

/** Lets everything happen that needs no time. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Mulberry32: small, and even enough to spread the phases of polls. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function step(): Promise<void> {
  vi.advanceTimersToNextTimer();
  await settled();
}

function newTime(): VirtualTime {
  const timersMs = performance.now.bind(performance);
  const wallMs = Date.now.bind(Date);

  async function runUntil(endMs: number, look?: () => void): Promise<void> {
    const last = setTimeout(() => {}, endMs - timersMs()); // so that there is one to step to
    while (timersMs() < endMs) {
      await step();
      look?.();
    }
    clearTimeout(last);
  }

  /** The clocks are at the end of the stall at once, and stay there while the timers catch up. */
  async function stall(ms: number, look?: () => void): Promise<void> {
    const endMs = timersMs() + ms;
    performance.now = () => Math.max(timersMs(), endMs);
    Date.now = () => wallMs() + Math.max(0, endMs - timersMs());
    look?.();
    await runUntil(endMs, look);
    performance.now = timersMs;
    Date.now = wallMs;
  }

  return { step, runUntil, stall, stepWallClock: (ms) => void vi.setSystemTime(wallMs() + ms) };
}
