import { vi } from 'vitest';

/** Everything that the code under test measures time with. Sockets and `setImmediate` stay real. */
const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;

/** How many seeds a search tries when one seed may miss what it looks for. `SEEDS=15` searches 15 times as long. */
export const SEEDS: number = Number(process.env['SEEDS'] || 1);
if (!Number.isInteger(SEEDS) || SEEDS < 1) throw new Error('SEEDS must be a whole number of at least 1');

/** Time that passes only when a test advances it. */
export interface VirtualTime {
  /** Advances to the next timer, runs it, and waits for everything that follows without a timer. */
  step(): Promise<void>;
  /** Steps until the monotonic clock reads `endMs`, and calls `look` after each step. */
  runUntil(endMs: number, look?: () => void): Promise<void>;
  /** Blocks the event loop for `ms`: timers that become due meanwhile run late, at the end. */
  stall(ms: number, look?: () => void): Promise<void>;
  /** Moves the wall clock alone: forward as after a suspension of the machine, or back. */
  stepWallClock(ms: number): void;
}

/** Runs `scenario` on virtual time that begins at 0 ms. The same seed gives the same run. */
export async function inVirtualTime<T>(seed: number, scenario: (time: VirtualTime) => Promise<T>): Promise<T> {
  const { random } = Math;
  Math.random = seededRandom(seed);
  vi.useFakeTimers({ toFake: [...FAKED], now: Date.UTC(2026, 0, 1) });
  try {
    return await scenario(newTime());
  } finally {
    vi.useRealTimers();
    Math.random = random;
  }
}

/** Resolves once everything has run that needs no timer. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Returns a replacement for `Math.random` (Mulberry32: small, and even enough to spread the phases of polls). */
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
    const last = setTimeout(() => {}, endMs - timersMs()); // ensures that there is a timer to step to
    while (timersMs() < endMs) {
      await step();
      look?.();
    }
    clearTimeout(last);
  }

  /** Both clocks jump to the end of the stall and stay there while the timers catch up. */
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
